# fish completion for postern. What was typed is passed on as an array of words;
# nothing of it is ever executed.

function __postern_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l found (command postern __complete "=$current" $words 2>/dev/null </dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end

complete --command postern --no-files --keep-order --arguments '(__postern_complete)'
