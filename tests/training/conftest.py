import sys
from pathlib import Path

import jax

from ridgepath.execution.local import cache_folder

sys.path.insert(0, str(Path(__file__).parent))

# Compiled programs are kept as those of a worker are: most tests have one that another test, or run, has as well.
jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
