// Redaction masks secrets in a program's log and in a stream that it forwards. The
// runtime registers every value that it releases, so there is no list of secrets to
// maintain.
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

	// A log: the handler encodes each record as it always does, and what it wrote is
	// masked.
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

	// A stream: it does not matter how it is split into writes, nor in which of the
	// usual encodings the value is. Close writes the last bytes.
	w := rt.Redactor().Writer(out, redact.WriterOptions{})
	if _, err := io.Copy(w, bufio.NewReaderSize(in, 16)); err != nil {
		return err
	}
	return w.Close()
}

// withoutTime removes the time, so that the output is always the same.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
