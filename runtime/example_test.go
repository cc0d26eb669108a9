package runtime_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

func ExampleOpen() {
	ctx := context.Background()
	rt, err := runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{{
			Name:   "app",
			Module: "env",
			Grant:  runtime.Grant{Env: []string{"APP_*"}}, // this and nothing else
			Config: map[string]string{"prefix": "APP_"},
		}},
		Environ: func() []string { return []string{"APP_TOKEN=s3cret", "HOME=/root"} },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	token, err := rt.Get(ctx, "TOKEN")
	fmt.Println(token, err)
	_ = token.Expose(func(b []byte) error {
		fmt.Println("the value has", len(b), "bytes")
		return nil
	})
	_, err = rt.Get(ctx, "HOME")
	fmt.Println(errors.Is(err, secret.ErrNotFound))
	// Output:
	// [REDACTED] <nil>
	// the value has 6 bytes
	// true
}

func ExampleRuntime_GetMany() {
	ctx := context.Background()
	rt, err := runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "mem", Module: "memory"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	password, _ := secret.FromString("s3cret")
	_ = rt.Set(ctx, "db/password", password)

	for _, r := range rt.GetMany(ctx, []runtime.Key{"db/password", "db/user"}) {
		fmt.Println(r.Key, r.Secret.Provider(), r.Err)
	}
	// Output:
	// db/password mem <nil>
	// db/user  get "db/user": not_found: asked mem
}
