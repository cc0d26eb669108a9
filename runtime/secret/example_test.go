package secret_test

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/postern-project/postern/runtime/secret"
)

func Example() {
	s, err := secret.FromBytes([]byte("correct horse"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Destroy()

	fmt.Println("printed:", s)
	_ = s.Expose(func(plain []byte) error {
		fmt.Println("exposed:", len(plain), "bytes")
		return nil
	})

	failed := &secret.Error{Code: secret.ErrNotFound, Op: secret.OpGet, Key: "db/password"}
	fmt.Println(failed)
	fmt.Println(errors.Is(failed, secret.ErrNotFound), errors.Is(failed, fs.ErrNotExist))
	// Output:
	// printed: [REDACTED]
	// exposed: 13 bytes
	// get "db/password": not_found
	// true true
}

func ExampleParseKey() {
	for _, text := range []string{"db/password", "db//password", "p\u0430ssword"} {
		_, err := secret.ParseKey(text)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// "db//password": invalid_key: the segment "" is not allowed
	// "pаssword": invalid_key: invalid character '\u0430' at byte 2; want letters, digits or ._@:+-/
}
