# Read before the commands of a recipe, which stay as the page has them: nnU-Net itself, made small enough for a test.
# Planned networks shrink in place, and trainings take the few iterations of the trainers in tests/ext_trainers.

set -euo pipefail

ds_plan_and_preprocess() {
    command ds_plan_and_preprocess "$@" -np 1
    python -m tests.docs.shrink_in_place "$2"
}

nnUNetv2_train() {
    [[ " $* " == *" -tr "* ]] || set -- "$@" -tr nnUNetTrainer
    nnUNet_n_proc_DA=0 command nnUNetv2_train "$@"_brief -device cpu # the trainer's name is the last word
}

nnUNetv2_predict() {
    command nnUNetv2_predict "$@" -tr nnUNetTrainer_brief -device cpu -npp 1 -nps 1
}
