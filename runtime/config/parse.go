package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	kjson "github.com/knadh/koanf/parsers/json"
	ktoml "github.com/knadh/koanf/parsers/toml/v2"
	kyaml "github.com/knadh/koanf/parsers/yaml"
)

// MaxSize is the size of the largest configuration file that is read: 1 MiB.
const MaxSize = 1 << 20

// parse returns the tree of a file, nil for an empty one. Its errors say where the
// text is malformed and quote none of it: it may be a file of secrets that was
// named by mistake.
func parse(path string, text []byte) (map[string]any, error) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	line, problem := checkCharacters(text)
	if problem != "" {
		return nil, errorf("%s: line %d: %s", quote(path), line, problem)
	}
	parser, err := parserFor(path)
	if err != nil {
		return nil, err
	}
	if line, problem = checkText(path, text); problem != "" {
		return nil, errorf("%s: line %d: %s", quote(path), line, problem)
	}
	tree, err := parser.Unmarshal(text)
	if err != nil {
		return nil, errorf("%s: %s", quote(path), parseProblem(err, text))
	}
	if deeper(tree, maxDepth) { // in TOML; checkText finds it in the other formats
		return nil, errorf("%s: %s%s", quote(path), deepLine(text), depthProblem)
	}
	return tree, nil
}

// maxDepth is how many mappings and lists may be in each other. Settings need five.
const maxDepth = 20

// depthProblem is the problem of a text that is deeper.
const depthProblem = "mappings and lists are nested more than 20 levels deep"

// deeper reports whether a value has more than levels mappings and lists in each other.
func deeper(v any, levels int) bool {
	var inside iter.Seq[any]
	switch v := v.(type) {
	case map[string]any:
		inside = maps.Values(v)
	case []any:
		inside = slices.Values(v)
	default:
		return false
	}
	if levels == 0 {
		return true
	}
	for child := range inside {
		if deeper(child, levels-1) {
			return true
		}
	}
	return false
}

// deepLine names the first line that opens too many levels by itself, if one does.
func deepLine(text []byte) string {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if bytes.Count(line, []byte("."))+bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{")) >= maxDepth {
			return fmt.Sprintf("line %d: ", n)
		}
	}
	return ""
}

// parser reads one format.
type parser interface {
	Unmarshal(text []byte) (map[string]any, error)
}

func parserFor(path string) (parser, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".yaml", ".yml":
		return kyaml.Parser(), nil
	case ".toml":
		return ktoml.Parser(), nil
	case ".json":
		return kjson.Parser(), nil
	default:
		return nil, errorf("%s: the name must end in .yaml, .yml, .toml or .json", quote(path))
	}
}

// checkText rejects what the parsers accept and then drop or change: see [checkYAML], and
// in JSON a duplicate key and half of a surrogate pair.
func checkText(path string, text []byte) (line int, problem string) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		return checkYAML(text)
	case ".toml":
		return wideTOML(text)
	case ".json":
		if at, problem := scanJSON(json.NewDecoder(bytes.NewReader(text))); problem != "" {
			return lineAt(text, at), problem
		}
		if at := loneSurrogate(text); at >= 0 {
			return lineAt(text, int64(at)), "an escape that is half of a surrogate pair"
		}
	}
	return 0, ""
}

// wideTOML returns the line from which on a text has more keys and tables than its parser,
// which compares each with each, reads in an acceptable time. Equals signs and brackets in
// strings count as well.
func wideTOML(text []byte) (line int, problem string) {
	const most = 10_000
	n, count := 0, 0
	for l := range bytes.Lines(text) {
		n++
		if count += bytes.Count(l, []byte("=")) + bytes.Count(l, []byte("[")); count > most {
			return n, "more than 10000 keys and tables"
		}
	}
	return 0, ""
}

// duplicateProblem is the problem of a key that appears twice in one object.
const duplicateProblem = "duplicate key"

// scanJSON returns the offset after a duplicate key or a level too many, and says which.
// Malformed text ends the search: the parser says what is wrong with it.
func scanJSON(d *json.Decoder) (at int64, problem string) {
	type level struct {
		keys map[string]bool // nil in an array
		key  bool            // the next string is a key
	}
	var stack []level
	for {
		token, err := d.Token()
		switch {
		case err != nil:
			return 0, ""
		case len(stack) > maxDepth:
			return d.InputOffset(), depthProblem
		}
		top := len(stack) - 1
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				stack = append(stack, level{map[string]bool{}, true})
				continue
			case '[':
				stack = append(stack, level{})
				continue
			}
			stack = stack[:top]
			top--
		case string:
			if top >= 0 && stack[top].key {
				if stack[top].keys[t] {
					return d.InputOffset(), duplicateProblem
				}
				stack[top].keys[t], stack[top].key = true, false
				continue
			}
		}
		if top >= 0 {
			stack[top].key = stack[top].keys != nil
		}
	}
}

// parseProblem says where and why a parser stopped, without the parser's own
// words, which may quote the text.
func parseProblem(err error, text []byte) string {
	var syntax *json.SyntaxError
	var position interface{ Position() (row, column int) }
	message := err.Error()
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("line %d: malformed JSON", lineAt(text, syntax.Offset))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("line %d: unexpected end of the JSON", lineAt(text, int64(len(text))))
	case errors.As(err, &position):
		row, column := position.Position()
		if strings.Contains(message, "already") || strings.Contains(message, "redefine") {
			return fmt.Sprintf("line %d: duplicate key or table", row)
		}
		return fmt.Sprintf("line %d, column %d: malformed TOML", row, column)
	case strings.HasPrefix(message, "toml: "):
		return "malformed TOML"
	case strings.HasPrefix(message, "json: "):
		return "want one object"
	case strings.Contains(message, "already defined"):
		return yamlLine(message) + duplicateProblem
	case strings.Contains(message, "cannot unmarshal"):
		return yamlLine(message) + "want one mapping"
	}
	return yamlLine(message) + "malformed YAML" + yamlReason(message)
}

var yamlLineNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`line (\d+)`) })

func yamlLine(message string) string {
	if m := yamlLineNumber().FindStringSubmatch(message); m != nil {
		return "line " + m[1] + ": "
	}
	return ""
}

// yamlReason returns the parser's reason if it is one that quotes nothing.
func yamlReason(message string) string {
	for _, reason := range []string{
		"mapping values are not allowed in this context",
		"did not find expected key",
		"did not find expected ',' or ']'",
		"did not find expected ',' or '}'",
		"could not find expected ':'",
		"found a tab character",
		"found character that cannot start any token",
		"found unexpected end of stream",
		"control characters are not allowed",
		"did not find expected <document start>",
		"unknown anchor",
		"excessive aliasing",
		"exceeded max depth",
	} {
		if strings.Contains(message, reason) {
			return ": " + reason
		}
	}
	return ""
}

// lineAt returns the line of an offset, counted from 1.
func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}
