"""The evidence pack: one sealed folder for the auditor, never half-written, verified with standard tools.

`production` makes one: `recipe` says what it is made from, `predecessor` what it replaces, `gate` what may not be in
it; `bag` closes the folder (BagIt), `signing` and `timestamps` say by whom (`keys`) and when, `placing` puts it in its
place. `verify` finds what was changed since, and `recompute` judges once more from the inputs inside.
"""
