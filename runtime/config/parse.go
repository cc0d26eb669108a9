package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	kjson "github.com/knadh/koanf/parsers/json"
	ktoml "github.com/knadh/koanf/parsers/toml/v2"
	kyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// MaxSize is the largest configuration file in bytes.
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
	k := koanf.New(".")
	if err := k.Load(rawbytes.Provider(text), parser); err != nil {
		return nil, errorf("%s: %s", quote(path), parseProblem(err, text))
	}
	return k.Raw(), nil
}

func parserFor(path string) (koanf.Parser, error) {
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

// checkText rejects what the parsers accept and do not use: see [checkYAML], and in JSON
// a duplicate key, of which one is kept, and half of a surrogate pair.
func checkText(path string, text []byte) (line int, problem string) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		return checkYAML(text)
	case ".json":
		if at := duplicateKey(json.NewDecoder(bytes.NewReader(text))); at > 0 {
			return lineAt(text, at), duplicateProblem
		}
		if at := loneSurrogate(text); at >= 0 {
			return lineAt(text, int64(at)), "an escape that is half of a surrogate pair"
		}
	}
	return 0, ""
}

// duplicateProblem is the problem of a key that appears twice in one object.
const duplicateProblem = "duplicate key"

// duplicateKey returns the offset after a duplicate key, or 0. Malformed text
// ends the search: the parser says what is wrong with it.
func duplicateKey(d *json.Decoder) int64 {
	type level struct {
		keys map[string]bool // nil in an array
		key  bool            // the next string is a key
	}
	var stack []level
	for {
		token, err := d.Token()
		if err != nil {
			return 0
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
					return d.InputOffset()
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

var yamlLineNumber = regexp.MustCompile(`line (\d+)`)

func yamlLine(message string) string {
	if m := yamlLineNumber.FindStringSubmatch(message); m != nil {
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
