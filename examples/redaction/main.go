// Redaction masks secrets in a program's log and in a stream that it passes on.
// The runtime registers every value that it hands out, so what is masked is what
// was read, with no list to keep.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "redaction:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	rt, err := runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{
			{Name: "app", Module: "env", Grant: runtime.Grant{Env: []string{"DB_PASSWORD"}}},
		},
	})
	if err != nil {
		return err
	}
	defer rt.Close()

	password, err := rt.Get(ctx, "DB_PASSWORD")
	if err != nil {
		return err
	}

	// A log: the message and the attributes are masked before they are formatted,
	// and the line once more after.
	log := slog.New(redact.NewHandler(out, rt.Redactor(), func(w io.Writer) slog.Handler {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: withoutTime})
	}))
	err = password.Expose(func(b []byte) error {
		log.Error("cannot connect", "dsn", "postgres://app:"+string(b)+"@db/app", "err", fmt.Errorf("bad password %q", b))
		return nil
	})
	if err != nil {
		return err
	}

	// A stream: however it is cut into writes, and in whatever usual form the
	// value stands. Close lets the last bytes out.
	w := rt.Redactor().Writer(out, redact.WriterOptions{})
	if _, err := io.Copy(w, bufio.NewReaderSize(in, 16)); err != nil {
		return err
	}
	return w.Close()
}

// withoutTime keeps the output of this example the same every day.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
