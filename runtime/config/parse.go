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
	"unicode/utf8"

	kjson "github.com/knadh/koanf/parsers/json"
	ktoml "github.com/knadh/koanf/parsers/toml/v2"
	kyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// MaxSize is the largest configuration file in bytes.
const MaxSize = 1 << 20

// parse reads one file's bytes into a tree. Its errors say where the text is
// malformed and quote none of it: the file may be one of secrets, named by
// mistake.
func parse(path string, text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, fault("%s: line %d: the file is not UTF-8", quoted(path), invalidLine(text))
	}
	parser, err := parserFor(path)
	if err != nil {
		return nil, err
	}
	if line, what := extra(path, text); what != "" {
		return nil, fault("%s: line %d: %s", quoted(path), line, what)
	}
	k := koanf.New(".")
	if err := k.Load(rawbytes.Provider(text), parser); err != nil {
		return nil, fault("%s: %s", quoted(path), where(err, text))
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
		return nil, fault("%s: the name must end in .yaml, .yml, .toml or .json", quoted(path))
	}
}

// extra finds what the parsers let pass: a second YAML document, which they
// skip, and a JSON key that is given twice, of which they keep one.
func extra(path string, text []byte) (line int, what string) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		if line := secondDocument(text); line > 0 {
			return line, "a second document begins; a configuration is one"
		}
	case ".json":
		if at := duplicateKey(json.NewDecoder(bytes.NewReader(text))); at > 0 {
			return lineAt(text, at), "this key is there already"
		}
	}
	return 0, ""
}

// secondDocument returns the line of a document marker that follows content,
// or 0. A marker at the beginning of a line is one in every YAML context.
func secondDocument(text []byte) int {
	content, n := false, 0
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimRight(line, " \t\r\n")
		marker := len(line) >= 3 && string(line[:3]) == "---" && (len(line) == 3 || line[3] == ' ' || line[3] == '\t')
		switch {
		case marker && content:
			return n
		case marker:
			content = len(line) > 3
		case len(line) > 0 && line[0] != '#' && line[0] != '%':
			content = true
		}
	}
	return 0
}

// duplicateKey returns the offset behind a key that its object has already, or
// 0. Malformed text ends the search: the parser says what is wrong with it.
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

var yamlLine = regexp.MustCompile(`line (\d+)`)

// where says in our own words where and why a parser stopped.
func where(err error, text []byte) string {
	var syntax *json.SyntaxError
	var position interface{ Position() (row, column int) }
	message := err.Error()
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("line %d: malformed JSON", lineAt(text, syntax.Offset))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("line %d: the JSON ends too early", lineAt(text, int64(len(text))))
	case errors.As(err, &position):
		row, column := position.Position()
		return fmt.Sprintf("line %d, column %d: malformed TOML", row, column)
	case strings.HasPrefix(message, "toml: "):
		return "malformed TOML: a key or table is there twice"
	case strings.HasPrefix(message, "json: "):
		return "the file must hold one object"
	case strings.Contains(message, "already defined"):
		return yamlAt(message) + "this key is there already"
	case strings.Contains(message, "cannot unmarshal"):
		return yamlAt(message) + "the file must hold one mapping of keys"
	}
	return yamlAt(message) + "malformed YAML" + yamlReason(message)
}

func yamlAt(message string) string {
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		return "line " + m[1] + ": "
	}
	return ""
}

// yamlReason passes on those reasons of the parser that quote nothing.
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
		"excessive aliasing",
		"exceeded max depth",
	} {
		if strings.Contains(message, reason) {
			return ": " + reason
		}
	}
	return ""
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}

func invalidLine(text []byte) int {
	at := 0
	for at < len(text) {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return lineAt(text, int64(at))
}
