"""What a finished scoring training would have given with other scores, weights and rules: no network, no GPU.

:mod:`.vote_tables` (an image) → :mod:`.runs` (a training) → :mod:`.options`, :mod:`.scores` (what to compare) →
:mod:`.sweep` (all of it, judged) → :mod:`.families`, :mod:`.choosing` → :mod:`.tables`, :mod:`.figures`.
"""
