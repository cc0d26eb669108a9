package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	extism "github.com/extism/go-sdk"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/examples/grpc/shared"
	"github.com/knqyf263/go-plugin/examples/helloworld/greeting"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// getter makes one get.
type getter = func(ctx context.Context) (string, error)

// contenders returns the lower bound, postern's built-in modules, and the peers.
func contenders(guests string) ([]*contender, error) {
	all := []*contender{{name: "Go map", open: openMap}}
	dir, err := os.MkdirTemp("", "postern-bench")
	if err != nil {
		return nil, err
	}
	all = append(all, postern("env", dir)) // with which the others are compared
	for _, name := range modules.Names() {
		if name != "env" {
			all = append(all, postern(name, dir))
		}
	}
	others := []*contender{extismGuest(filepath.Join(guests, "extism.wasm")), knqyf(filepath.Join(guests, "knqyf.wasm"))}
	if guests == "" {
		others = nil
	}
	return append(append(all, others...), hashicorp()), nil
}

// openMap is the lower bound: a look-up and a copy.
func openMap(context.Context) (getter, error) {
	store := map[string][]byte{key: []byte(value)}
	return func(context.Context) (string, error) {
		v, ok := store[key]
		if !ok {
			return "", errors.New("not found")
		}
		return string(v), nil
	}, nil
}

// contents are the files that the modules over files read.
var contents = map[string]string{
	"dotenv": key + "=" + value + "\n", "toml": key + " = '" + value + "'\n", "json": `{"` + key + `":"` + value + `"}`,
	"yaml": key + ": '" + value + "'\n", "folder": value,
}

// postern gets through the library from a built-in module.
func postern(name, dir string) *contender {
	c := &contender{name: name}
	c.open = func(ctx context.Context) (getter, error) {
		o := runtime.ProviderOptions{Name: name, Module: name}
		if name == "env" {
			o.Grant.Env = []string{"*"}
		}
		if text, reads := contents[name]; reads {
			file := filepath.Join(dir, name, key)
			err := os.Mkdir(filepath.Dir(file), 0o700)
			if err := errors.Join(err, os.WriteFile(file, []byte(text), 0o600)); err != nil {
				return nil, err
			}
			if name == "folder" {
				file = filepath.Dir(file)
			}
			o.Grant.Files = []runtime.FileGrant{{Path: file}}
			o.Config = map[string]string{"path": file}
		}
		environ := []string{"HOME=/", key + "=" + value}
		rt, err := runtime.Open(ctx, runtime.Options{Providers: []runtime.ProviderOptions{o}, Dir: dir,
			Environ: func() []string { return environ }})
		if err != nil {
			return nil, err
		}
		c.close = func() error { return errors.Join(rt.Close(), os.RemoveAll(dir)) }
		return func(ctx context.Context) (string, error) {
			s, err := rt.Get(ctx, key)
			if err != nil {
				return "", err
			}
			return s.ExposeString()
		}, seed(ctx, rt, name)
	}
	return c
}

func extismGuest(file string) *contender {
	c := &contender{name: "Extism, Go guest"}
	c.open = func(ctx context.Context) (getter, error) {
		manifest := extism.Manifest{Wasm: []extism.Wasm{extism.WasmFile{Path: file}}}
		p, err := extism.NewPlugin(ctx, manifest, extism.PluginConfig{EnableWasi: true}, nil)
		if err != nil {
			return nil, err
		}
		c.close = func() error { return p.Close(ctx) }
		return func(ctx context.Context) (string, error) {
			code, out, err := p.CallWithContext(ctx, "get", []byte(key))
			if err != nil || code != 0 {
				return "", fmt.Errorf("code %d: %w", code, err)
			}
			return string(out), nil
		}, nil
	}
	return c
}

func knqyf(file string) *contender {
	c := &contender{name: "knqyf263/go-plugin, Go guest"}
	c.open = func(ctx context.Context) (getter, error) {
		p, err := greeting.NewGreeterPlugin(ctx)
		if err != nil {
			return nil, err
		}
		g, err := p.Load(ctx, file)
		if err != nil {
			return nil, err
		}
		c.close = func() error { return g.Close(ctx) }
		return func(ctx context.Context) (string, error) {
			reply, err := g.Greet(ctx, &greeting.GreetRequest{Name: key})
			if err != nil {
				return "", err
			}
			return reply.GetMessage(), nil
		}, nil
	}
	return c
}

// servesGRPC is set in the environment of the plugin process of hashicorp, which
// is this program again.
const servesGRPC = "POSTERN_BENCH_SERVES_GRPC"

type grpcStore map[string][]byte

func (s grpcStore) Put(string, []byte) error { return errors.ErrUnsupported }

func (s grpcStore) Get(key string) ([]byte, error) {
	if v, ok := s[key]; ok {
		return v, nil
	}
	return nil, errors.New("not found")
}

func serve() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: shared.Handshake,
		Plugins:         map[string]plugin.Plugin{shared.PluginGRPC: &shared.KVGRPCPlugin{Impl: grpcStore{key: []byte(value)}}},
		GRPCServer:      plugin.DefaultGRPCServer,
		Logger:          hclog.NewNullLogger(),
	})
}

func hashicorp() *contender {
	c := &contender{name: "hashicorp/go-plugin, gRPC"}
	c.open = func(context.Context) (getter, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(self)
		cmd.Env = append(slices.Clone(os.Environ()), servesGRPC+"=1")
		client := plugin.NewClient(&plugin.ClientConfig{
			HandshakeConfig: shared.Handshake, Plugins: shared.PluginMap, Cmd: cmd,
			AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
		})
		c.close = func() error { client.Kill(); return nil }
		protocol, err := client.Client()
		if err != nil {
			return nil, err
		}
		raw, err := protocol.Dispense(shared.PluginGRPC)
		if err != nil {
			return nil, err
		}
		kv, ok := raw.(shared.KV)
		if !ok {
			return nil, fmt.Errorf("dispensed a %T", raw)
		}
		return func(context.Context) (string, error) {
			v, err := kv.Get(key)
			return string(v), err
		}, nil
	}
	return c
}

// seed stores the value if the module is one that has to be written to first.
func seed(ctx context.Context, rt *runtime.Runtime, name string) error {
	if name != "memory" {
		return nil
	}
	v, err := secret.FromString(value)
	if err != nil {
		return err
	}
	return rt.Set(ctx, key, v)
}
