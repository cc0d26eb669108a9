package run

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/safefile"
)

// maxEnvFile is the largest file for --env-file in bytes.
const maxEnvFile = 1 << 20

var envFileLine = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)$`)

// addFile adds the variables of a dotenv file. Its lines are NAME=VALUE. A value
// that is a reference is resolved; any other is used unchanged, without expansion.
// Errors name the line, never its text.
func (p *plan) addFile(ctx context.Context, path string) error {
	text, err := app.Interruptible(ctx, func() ([]byte, error) { return readEnvFile(path) })
	if err != nil {
		return err
	}
	return p.addLines(path, string(text))
}

func (p *plan) addLines(path, text string) error {
	fault := func(line int, format string, args ...any) error {
		return &app.Failure{Exit: app.ExitData, Text: fmt.Sprintf("--env-file %q, line %d: ", path, line) + fmt.Sprintf(format, args...), Hint: "postern help run"}
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := envFileLine.FindStringSubmatch(line)
		if parts == nil {
			return fault(i+1, "want NAME=VALUE")
		}
		name := parts[1]
		value, ok := unquoted(parts[2])
		switch {
		case !ok:
			return fault(i+1, "unclosed quote, or text after the closing quote")
		case seen[name]:
			return fault(i+1, "the variable %q is set twice", name)
		case values.Translate(value) != "":
			return fault(i+1, "the variable %q is a reference of another tool; references of postern begin with %s", name, values.Scheme)
		}
		seen[name] = true
		if err := p.addLine(name, value, fmt.Sprintf("--env-file %q, line %d", path, i+1)); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) addLine(name, value, origin string) error {
	if strings.HasPrefix(value, values.Scheme) {
		return p.addReference(name, value, origin)
	}
	return p.add(&variable{name: name, origin: origin, plain: &value})
}

func readEnvFile(path string) ([]byte, error) {
	cannot := func(why string) error {
		return &app.Failure{Exit: app.ExitNoInput, Text: fmt.Sprintf("--env-file %q: %s", path, why), Hint: "postern help run"}
	}
	f, err := os.Open(path) // which may be a pipe, such as a shell's <(command)
	if err != nil {
		return nil, cannot(safefile.Reason(err))
	}
	defer func() { _ = f.Close() }()
	b, err := safefile.ReadAll(f, maxEnvFile)
	switch {
	case err != nil:
		return nil, cannot(safefile.Reason(err))
	case !utf8.Valid(b) || strings.ContainsRune(string(b), 0):
		return nil, cannot("not a text file")
	}
	return b, nil
}

// unquoted returns a value without its quotes or without the comment after it. ok
// is false if the quotes are not closed at the end.
func unquoted(s string) (value string, ok bool) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		value, _, _ := strings.Cut(s, " #")
		return strings.TrimSpace(value), true
	}
	value, rest, closed := strings.Cut(s[1:], s[:1])
	rest = strings.TrimSpace(rest)
	return value, closed && (rest == "" || rest[0] == '#')
}
