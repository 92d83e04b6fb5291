"""What the tests do not look at where it is not installed."""
import importlib.util

collect_ignore = [] if importlib.util.find_spec("scipy") else ["symgrad/rules/scipy_special.py"]
