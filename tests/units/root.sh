#!/bin/sh
# First process of a user-mode Linux: makes a root of its own beside the host's files, and begins systemd in it.
#
# UNITS_JOB (a word of the kernel's command line) is a folder with `settings`: PROJECT, the project's folder,
# and PYTHON, the installation that its environment was made from. What systemd writes goes to memory: of the
# host's files only UNITS_JOB is written to. `job` in that folder runs as a service, then the kernel ends.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
. "$UNITS_JOB/settings"
exec >"$UNITS_JOB/console" 2>&1 </dev/null

root=/run/root
mkdir "$root"
mount -t tmpfs -o mode=755 tmpfs "$root"
for name in etc var/lib var/cache var/tmp var/log root home dev proc sys run tmp opt mnt; do
    mkdir -p "$root/$name"
done
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t devtmpfs dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cp -a /etc/. "$root/etc/"
# No service of the host: what is wanted is asked for by name.
rm -rf "$root"/etc/systemd/system/*
for name in bin sbin lib lib32 lib64; do
    if [ -L "/$name" ]; then cp -d "/$name" "$root/"; fi
done
place() {
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
}
place /usr /usr
# The job finds both where they are; the units, which do not see /home, /root and /tmp, below /opt.
for from in "$PROJECT" "$PYTHON" "$UNITS_JOB"; do place "$from" "$from"; done
place "$PROJECT" /opt/project
place "$PYTHON" /opt/python
mkdir -p "$root/opt/bin"
cat >"$root/opt/bin/firmware-runtime" <<END
#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH=/opt/project:/opt/project/${SITE_PACKAGES#"$PROJECT"/}
exec /opt/python/bin/python3 -m firmware_runtime.executive "\$@"
END
chmod 755 "$root/opt/bin/firmware-runtime"

# A supervisor takes longer to begin here than the watchdog waits: it says so, and the computer goes on.
PYTHONPATH="$PROJECT/tools" "$PYTHON/bin/python3" -c 'import sys; from vcan_rig.inside import load_modules as load
load(sys.argv[1:])' can can-dev can-raw vcan "softdog soft_noboot=1"
ip link set lo up
for bus in drive body; do
    ip link add dev "$bus" type vcan
    ip link set "$bus" up
done

cat >"$root/etc/systemd/system/job.service" <<END
[Unit]
Description=What was to be done in here
[Service]
Type=oneshot
StandardOutput=append:$UNITS_JOB/output
StandardError=inherit
ExecStart=/bin/sh $UNITS_JOB/job
ExecStopPost=/bin/sh -c 'sync; systemctl poweroff --force --force'
TimeoutStartSec=infinity
END
cat >"$root/etc/systemd/system/job.target" <<END
[Unit]
Requires=basic.target
After=basic.target
Wants=job.service
END
cd "$root"
mkdir old
pivot_root . old
exec chroot . /lib/systemd/systemd --unit=job.target --log-target=console --log-level=notice
