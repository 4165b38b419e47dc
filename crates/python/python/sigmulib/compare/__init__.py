"""The student study's four experiments redone: sigmulib, PyTorch and NumPy side by side, in one run, the arms taking turns.

    python -m sigmulib.compare

It leaves a record of the repository's kind (in `plots/here/python`), from which the harness draws the study's figures.
"""
