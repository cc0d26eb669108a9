package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

// checkYAML returns the line of what the parser would skip or change without a word,
// and says what it is. Malformed text is left to the parser, unless it follows the
// document, where the parser does not look.
func checkYAML(text []byte) (line int, problem string) {
	if line := directive(text); line > 0 {
		return line, `directives such as "%YAML" are not supported; remove the line`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if d.Decode(&document) != nil {
		return 0, ""
	}
	if line := deepNode(&document, maxDepth+1, nil); line > 0 { // with the document itself
		return line, depthProblem
	}
	if line, problem := checkNode(&document, nil); problem != "" {
		return line, problem
	}
	if line := deepNode(&document, maxDepth+1, map[*yaml.Node]int{}); line > 0 {
		return line, depthProblem
	}
	if err := d.Decode(&second); errors.Is(err, io.EOF) {
		return 0, ""
	}
	line, ended := nextMarker(text)
	if ended {
		return line, `there is text behind the line "...", which ends the document`
	}
	return line, "a second document begins; want a single one"
}

// deepNode returns the line at which more than levels mappings and lists are in each other
// below n, or 0. Unless seen is nil, an alias counts as what it stands for. seen holds the
// smallest levels with which each node was visited; the node is visited again only with
// fewer. There are few levels, so the time is linear.
func deepNode(n *yaml.Node, levels int, seen map[*yaml.Node]int) (line int) {
	switch n.Kind {
	case yaml.ScalarNode:
		return 0
	case yaml.AliasNode:
		if seen != nil && deepNode(n.Alias, levels, seen) > 0 {
			return n.Line
		}
		return 0
	}
	if levels == 0 {
		return n.Line
	}
	if before, ok := seen[n]; ok && before <= levels {
		return 0
	}
	if seen != nil {
		seen[n] = levels
	}
	for _, child := range n.Content {
		if line := deepNode(child, levels-1, seen); line > 0 {
			return line
		}
	}
	return 0
}

// directive returns the line of a directive, or 0. They stand before the document.
func directive(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		switch trimmed := bytes.TrimSpace(line); {
		case line[0] == '%':
			return n
		case len(trimmed) > 0 && trimmed[0] != '#':
			return 0
		}
	}
	return 0
}

// nextMarker returns the line of the first marker after the beginning of the document,
// and whether that marker ends the document. At the beginning of a line, a marker has this
// meaning in every context.
func nextMarker(text []byte) (n int, ended bool) {
	content := false
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimRight(line, " \t\r\n")
		marker := ""
		if len(line) == 3 || len(line) > 3 && (line[3] == ' ' || line[3] == '\t') {
			marker = string(line[:3])
		}
		switch {
		case marker == "...", marker == "---" && content:
			return n, marker == "..."
		case len(line) > 0 && line[0] != '#':
			content = true
		}
	}
	return n, false
}

// octal matches a number that readers of YAML 1.1 and of YAML 1.2 take for different ones.
var octal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?0[0-9_]+$`) })

// maxKeys is how many keys a mapping in YAML may have. The parser compares each with each.
const maxKeys = 5000

// checkNode checks a node, and what is in it, in the order of the text. Above are the
// nodes that it is in.
func checkNode(n *yaml.Node, above []*yaml.Node) (line int, problem string) {
	switch {
	case hasIgnoredTag(n):
		return n.Line, "tags such as !env and !include are not supported; want the value itself"
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && octal().MatchString(n.Value):
		return n.Line, "a number that begins with 0, which readers of YAML take for an octal or a decimal one; want it without the 0, or in quotes"
	case n.Kind == yaml.AliasNode && slices.Contains(above, n.Alias):
		return n.Line, "an alias of what it is in"
	case n.Kind == yaml.MappingNode && len(n.Content) > 2*maxKeys:
		return n.Line, "a mapping with more than 5000 keys"
	case n.Kind == yaml.MappingNode:
		if line, problem := checkKeys(n); problem != "" {
			return line, problem
		}
	}
	above = append(above, n)
	for _, child := range n.Content {
		if line, problem := checkNode(child, above); problem != "" {
			return line, problem
		}
	}
	return 0, ""
}

// hasIgnoredTag reports whether the parser would skip a tag in the text, or read the
// value as something that no setting is.
func hasIgnoredTag(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return false
	}
	return n.Kind != yaml.ScalarNode || !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool"}, n.ShortTag())
}

// checkKeys checks the keys of a mapping: the parser turns those of other types into
// strings, and takes one of two that are the same after it.
func checkKeys(mapping *yaml.Node) (line int, problem string) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		at, key := mapping.Content[i], mapping.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		name := key.Value
		switch tag := key.ShortTag(); {
		case hasIgnoredTag(at):
			continue // checkNode refuses it
		case tag == "!!merge":
			if !isMergeable(mapping.Content[i+1]) {
				return at.Line, `want an alias of a mapping, or a list of such, behind "<<"`
			}
			name = "!!merge" // and not the string "<<"
		case key.Kind != yaml.ScalarNode:
			return at.Line, "want a string as the key"
		case tag != "!!str":
			return at.Line, "want a string as the key; put it in quotes"
		}
		if seen[name] {
			return at.Line, duplicateProblem
		}
		seen[name] = true
	}
	return 0, ""
}

// isMergeable reports whether nothing is lost when a key in n is overridden by the
// mapping that n is merged into: it is in force elsewhere.
func isMergeable(n *yaml.Node) bool {
	if n.Kind == yaml.SequenceNode {
		return !slices.ContainsFunc(n.Content, func(n *yaml.Node) bool { return !isAliasOfMapping(n) })
	}
	return isAliasOfMapping(n)
}

func isAliasOfMapping(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.MappingNode
}
