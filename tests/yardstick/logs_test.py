# SPDX-License-Identifier: Apache-2.0
"""facts.tsv says what the logs say, where the logs are here: logs_test.py

They are other people's texts and no part of the project: a folder of them is looked for beside the
checkout (shared/logs) or where PEERBENCH_LOGS says. Without it nothing is tested, and ctest shows
the test as skipped.
"""
import sys
import unittest

import facts
import parsers

SKIPPED = 77


class Facts(unittest.TestCase):
    def test_every_log_is_told_in_full(self):
        told, folder = facts.facts(), facts.log_folder()
        for path in dict.fromkeys(log.path for log in facts.logs()):
            with self.subTest(log=path):
                self.assertEqual(sorted(told[path]), sorted(parsers.read(folder / path)))


if __name__ == "__main__":
    if not facts.log_folder().is_dir():
        print(f"skipped: no logs at {facts.log_folder()} (PEERBENCH_LOGS names another folder)")
        sys.exit(SKIPPED)
    unittest.main()
