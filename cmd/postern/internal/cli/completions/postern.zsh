#compdef postern
# zsh completion for postern. What was typed is passed on as an array of words;
# nothing of it is ever executed.

_postern() {
	local -a lines candidates
	local line
	lines=("${(@f)$(command postern __complete "=$PREFIX" "${(@)words[2,CURRENT-1]}" 2>/dev/null </dev/null)}")
	for line in "${(@)lines}"; do
		[[ -n $line ]] && candidates+=("${line/$'\t'/:}")
	done
	if (( $#candidates )); then
		_describe -V postern candidates
	else
		_files
	fi
}

if [[ ${funcstack[1]} == _postern ]]; then
	_postern "$@"
else
	compdef _postern postern
fi
