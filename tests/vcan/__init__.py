"""Tests on a real Linux CAN stack; tools/vcan_run starts them, tests/tools/test_vcan_run.py starts that."""
