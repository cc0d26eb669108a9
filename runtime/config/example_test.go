package config_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/runtime/config"
)

func ExampleLoad() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	text := `
providers:
  app: { module: env, grant: { env: ["APP_*"] }, config: { prefix: APP_ } }
  mem: { module: memory }
chain: [app, mem]
timeout: 5s
`
	if err := os.WriteFile(filepath.Join(dir, "postern.yaml"), []byte(text), 0o600); err != nil {
		panic(err)
	}
	c, err := config.Load(config.Sources{Dir: dir, Environ: []string{"POSTERN_CHAIN=mem,app"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, link := range c.Options.Chain {
		fmt.Println(link.Name)
	}
	fmt.Println(c.Timeout)
	// Output:
	// mem
	// app
	// 5s
}
