# bash completion for postern. What was typed is passed on as an array of words;
# nothing of it is ever executed.

__postern_complete() {
	COMPREPLY=()
	# bash splits words at "=" and ":", too: join what no blank separates.
	local rest=$COMP_LINE count=0 i word blank words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		blank=${rest%%[![:space:]]*}
		rest=${rest#"$blank"}
		rest=${rest#"$word"}
		if [[ $i -eq 0 || -n $blank ]]; then
			words[count]=$word
			count=$((count + 1))
		else
			words[count - 1]+=$word
		fi
	done
	local candidate description
	while IFS=$'\t' read -r candidate description; do
		COMPREPLY+=("$candidate")
	done < <(command postern __complete "=${words[count - 1]}" "${words[@]:1:count - 2}" 2>/dev/null </dev/null)
}

complete -o bashdefault -o default -F __postern_complete postern
