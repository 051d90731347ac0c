# shellcheck shell=bash disable=SC2154,SC2016  # variables of gpu_check.sh; programs of awk
# Measuring with the program, and reading what it measured.
# SPDX-License-Identifier: Apache-2.0

# pb ARGUMENT...: the program, on the simulated machine where one was asked for.
pb() { "$program" ${simulate:+--simulate "$simulate"} "$@"; }

# measure NAME ARGUMENT...: a run whose result lies in NAME.json and whose page in NAME.txt; its exit code. It gets
# an interrupt when the step has no time left, so that the cells it has until then are kept and judged.
measure() {
  local name=$1
  shift
  timeout --foreground --preserve-status -s INT -k 5 "$(time_left)" \
    "$program" ${simulate:+--simulate "$simulate"} run --quiet --no-color --output "$out/$name.json" "$@" \
    >"$out/$name.txt" 2>"$out/$name.err"
}

# csv_columns NAME...: these columns of CSV on stdin, with tabs between them, without the line of names.
csv_columns() {
  awk -v wanted="$*" '
    function split_csv(line, fields,   n, i, c, quoted) {
      n = 1; fields[1] = ""
      for (i = 1; i <= length(line); ++i) {
        c = substr(line, i, 1)
        if (c == "\"" && quoted && substr(line, i + 1, 1) == "\"") { fields[n] = fields[n] c; ++i }
        else if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) fields[++n] = ""
        else fields[n] = fields[n] (c == "\t" ? " " : c)
      }
      return n
    }
    BEGIN { m = split(wanted, columns, " ") }
    NR == 1 {
      n = split_csv($0, names)
      for (i = 1; i <= n; ++i) place[names[i]] = i
      next
    }
    {
      split("", fields)
      split_csv($0, fields)
      line = fields[place[columns[1]]]
      for (i = 2; i <= m; ++i) line = line "\t" fields[place[columns[i]]]
      print line
    }'
}

# cells NAME: the cells of NAME.json, one a line: name, status, median, unit, verdict, ceiling, bytes, reason. Read
# once for each run: in NAME.tsv from then on.
cells() {
  [ -s "$out/$1.json" ] || return 0
  [ "$out/$1.tsv" -nt "$out/$1.json" ] || "$program" report "$out/$1.json" --format csv 2>/dev/null |
    csv_columns name status median unit verdict ceiling bytes reason >"$out/$1.tsv"
  cat "$out/$1.tsv"
}

# figure NAME START [COLUMN]: the median (or another column of `cells`) of the first good cell whose name starts so.
figure() {
  cells "$1" | awk -F '\t' -v start="$2" -v column="${3:-3}" '
    index($1, start) == 1 && $2 == "ok" { print $column; exit }'
}

# count NAME AWK-CONDITION: how many cells of NAME fulfil it ($2 is the status, $5 the verdict).
count() { cells "$1" | awk -F '\t' "$2 { ++n } END { print n + 0 }"; }

# Of numbers, by awk: sum EXPRESSION is its value to four digits, holds CONDITION whether it is true.
sum() { awk "BEGIN { printf \"%.4g\", $1 }"; }
holds() { awk "BEGIN { exit !($1) }"; }
rounded() { if [ -n "$1" ]; then sum "$1"; else printf 'none'; fi; }
quotient() { awk "BEGIN { printf \"%.4f\", $1 / $2 }"; }
number() { [[ $1 =~ ^[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?$ ]]; }

# ratio_row WHAT ONE OTHER LOWEST [HIGHEST]: holds ONE / OTHER against limits; where a figure is missing that is said.
ratio_row() {
  local what=$1 one=$2 other=$3 low=$4 high=${5:-} wanted="ratio $4 or more"
  [ -z "$high" ] || wanted="ratio $low to $high"
  if number "$one" && number "$other"; then
    judge "$what" "$wanted" "$(quotient "$one" "$other"): $(sum "$one") / $(sum "$other")" \
      holds "$one / $other >= $low && $one / $other <= ${high:-1e9}"
  else
    row "$what" "$wanted" "figures: ${one:-none} and ${other:-none}" FAILED
  fi
}

# all_good NAME CODE: the rows that every measured run gets: how it ended, and its cells by status and verdict.
all_good() {
  local name=$1 code=$2 bad='$2 == "error" || $2 == "corrupt" || $2 == "hang"' low='$5 == "low" || $5 == "degraded"' ok
  ok=$(count "$name" '$2 == "ok"')
  if [ "$code" = 130 ]; then
    row "run of $name" "all cells" "no time left: interrupted after $ok" "CUT OFF"
  else
    judge "exit code of $name" 0 "$code" [ "$code" = 0 ]
  fi
  judge "cells of $name" "some ok, none failed" "$ok ok, $(count "$name" "$bad") failed, $(count "$name" "$low") low" \
    holds "$ok > 0 && $(count "$name" "$bad") == 0"
  worst "$name" "$bad" '$2 ": " $8'
  worst "$name" "$low" '$5 ": " sprintf("%.4g", $3) " " $4 ($6 == "" ? "" : " of " sprintf("%.4g", $6))'
}

# worst NAME AWK-CONDITION AWK-TEXT: the first few such cells: enough to know where to look.
worst() {
  local what got
  cells "$1" | awk -F '\t' "$2 { print \$1 \"\t\" $3 }" | head -n 5 |
    while IFS=$'\t' read -r what got; do row "$what" good "$got" FAILED; done
}
