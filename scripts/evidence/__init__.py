"""The evidence: every measured number as a row of one table, the logs behind them, and the pages made of both.

``rows`` reads the table and adds to it, ``logs`` the archive; ``figures`` says which experiments have a figure;
``pages`` writes one page for each experiment, when the documentation is built. See ``evidence/README.md``.
"""
