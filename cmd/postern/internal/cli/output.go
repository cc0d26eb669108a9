package cli

import (
	"context"
	"io"

	"github.com/urfave/cli/v3"
)

// outputFlags are those of commands that write a file or standard output.
func outputFlags(what string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write " + what + " to `FILE`, at once and as a whole; - is standard output"},
		&cli.StringFlag{Name: "mode", Usage: "give FILE the permissions `OCTAL` instead of 0600"},
	}
}

// outputPath is where --out leads: "" is standard output.
func outputPath(cmd *cli.Command) string {
	if path := cmd.String("out"); path != "-" {
		return path
	}
	return ""
}

// put writes a finished result to path, or to standard output if that is "".
func (a *app) put(ctx context.Context, path, mode string, result []byte) error {
	if path == "" {
		_, err := a.out.Write(result)
		return err
	}
	r, err := replaceFile(path, mode)
	if err != nil {
		return err
	}
	if _, err = r.Write(result); err == nil {
		err = ctx.Err()
	} else {
		err = cannotWrite(path, err)
	}
	if err != nil {
		r.abandon()
		return err
	}
	return r.commit()
}

// output is standard output. It remembers its first error: a result that was
// not written is a failure whatever the writer's caller does.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err == nil {
		return n, nil
	}
	if o.err == nil {
		o.err = &failure{exit: exitIO, text: "standard output: " + reason(err), hint: "df ."}
	}
	return n, o.err
}
