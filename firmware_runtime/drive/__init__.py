"""From a force at the tyres to torque, regeneration, friction and the park brake."""
