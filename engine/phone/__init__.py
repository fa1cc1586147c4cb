"""Phones: finding them with adb, measuring on them, comparing what they find; and a simulated one."""
