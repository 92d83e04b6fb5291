"""What the tests do not look at where it is not installed; nothing that they compile is kept."""
import importlib.util

import symgrad

collect_ignore = [] if importlib.util.find_spec("scipy") else ["symgrad/rules/scipy_special.py"]
symgrad.configure(cache_dir=False)
