package redact_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

func Example() {
	reg := redact.New(redact.Options{})
	defer reg.Close()
	s, err := secret.FromString("ghp_9xQ2mZ7LrT4vWk1Yb8Nc5Hd3Jf6Sg0PaXeUi")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := reg.Add("ci/token", s); err != nil {
		fmt.Println(err)
		return
	}
	w := reg.Writer(os.Stdout, redact.WriterOptions{})
	fmt.Fprint(w, "token ghp_9xQ2mZ7LrT4v")
	fmt.Fprintln(w, "Wk1Yb8Nc5Hd3Jf6Sg0PaXeUi")
	fmt.Fprintln(w, "Basic Z2hwXzl4UTJtWjdMclQ0dldrMVliOE5jNUhkM0pmNlNnMFBhWGVVaQ==")
	if err := w.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// token [REDACTED:ci/token]
	// Basic [REDACTED:ci/token]
}

func ExampleNewHandler() {
	reg := redact.New(redact.Options{})
	defer reg.Close()
	s, err := secret.FromString("hunter2-hunter2")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := reg.Add("db/password", s); err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(redact.NewHandler(os.Stdout, reg, func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: withoutTime})
	}))
	log.Info("connecting", "dsn", "postgres://app:hunter2-hunter2@db/app")
	// Output: level=INFO msg=connecting dsn=postgres://app:[REDACTED:db/password]@db/app
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
