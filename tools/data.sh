#!/usr/bin/env bash
# Downloads what is missing of Omniglot (MIT, Copyright (c) 2015 Brenden Lake) and its usual split (MIT, Copyright (c) 2017 Jake Snell) from their homes.
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
