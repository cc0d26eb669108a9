package run

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// maxEnvFile is the largest file for --env-file in bytes.
const maxEnvFile = 1 << 20

// addFile adds the variables of a dotenv file, which may be a pipe, such as a shell's
// <(command). A value that is a reference is resolved; any other is used unchanged,
// without expansion. Errors name the line, never its text.
// "-" is standard input, of which nothing is left for the command then.
func (p *plan) addFile(ctx context.Context, a *app.App, path string) error {
	text, err := app.Interruptible(ctx, func() ([]byte, error) { return readEnvFile(a, path) })
	if err != nil {
		return err
	}
	return p.addText(path, text)
}

// addText adds the variables of a dotenv document. If a name occurs twice, the last
// one counts, as in a shell.
func (p *plan) addText(path string, text []byte) error {
	fault := func(where, what string) error {
		return &app.Failure{Exit: app.ExitData, Text: fmt.Sprintf("--env-file %q, %s%s", path, where, what), Hint: "postern help run"}
	}
	all, err := format.ReadDotenv(text)
	if err != nil {
		return fault("", err.Error())
	}
	last := map[string]int{}
	for i, a := range all {
		last[a.Name] = i
	}
	for i, a := range all {
		where := fmt.Sprintf("line %d: ", a.Line)
		if err := p.noteWritten(a); err != nil {
			return err
		}
		switch {
		case i < last[a.Name]:
			continue
		case strings.IndexByte(a.Value, 0) >= 0:
			return fault(where, fmt.Sprintf("the variable %q contains a NUL byte", a.Name))
		case values.Translate(a.Value) != "":
			return fault(where, fmt.Sprintf("the variable %q is a reference of another tool; references of postern begin with %s", a.Name, values.Scheme))
		}
		if err := p.addAssignment(a, fmt.Sprintf("--env-file %q, line %d", path, a.Line)); err != nil {
			return err
		}
	}
	return nil
}

// noteWritten notes the value of an assignment, or the default of a reference.
func (p *plan) noteWritten(a format.Assignment) error {
	text := a.Value
	if strings.HasPrefix(text, values.Scheme) {
		ref, err := values.ParseReference(text)
		if err != nil || ref.Default == nil {
			return nil // of which the assignment says what is wrong
		}
		text = *ref.Default
	}
	value, err := secret.FromString(text)
	if err != nil {
		return err
	}
	p.written = append(p.written, redact.Entry{Key: a.Name, Secret: value})
	return nil
}

func (p *plan) addAssignment(a format.Assignment, origin string) error {
	if strings.HasPrefix(a.Value, values.Scheme) {
		return p.addReference(a.Name, a.Value, origin)
	}
	value, err := secret.FromString(a.Value)
	if err != nil {
		return err
	}
	return p.add(&variable{name: a.Name, origin: origin, plain: true, value: value})
}

func readEnvFile(a *app.App, path string) ([]byte, error) {
	cannot := func(err error) error {
		return &app.Failure{Exit: app.ExitNoInput, Text: fmt.Sprintf("--env-file %q: %s", path, safefile.Reason(err)), Hint: "postern help run"}
	}
	if app.IsStdin(path) {
		b, err := safefile.ReadStream(a.Stdin, path, maxEnvFile)
		if err != nil {
			return nil, cannot(err)
		}
		return b, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cannot(err)
	}
	defer func() { _ = f.Close() }()
	b, err := safefile.ReadAll(f, maxEnvFile)
	if err != nil {
		return nil, cannot(err)
	}
	return b, nil
}
