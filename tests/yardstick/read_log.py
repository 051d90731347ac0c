# SPDX-License-Identifier: Apache-2.0
"""Prints the rows of facts.tsv that logs come to: read_log.py FOLDER/LOG...

To be looked over beside the log before they go into the table.
"""
import sys

from facts import folded, log_folder
from parsers import read

for name in sys.argv[1:]:
    for row in folded(read(log_folder() / name)):
        print(name, *row, sep="\t")
