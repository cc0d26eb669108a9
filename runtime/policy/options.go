package policy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/std"
)

// Options describe the configuration around a policy.
type Options struct {
	// Providers are the names of the configured providers. A rule that names
	// any other is an error. Nil accepts any name, for tools that have a policy
	// without its configuration.
	Providers []string
	// Chain is the configured order of providers. It applies if the policy has no
	// chain rule. A chain hook may return only providers of Chain.
	Chain []string
	// Libs holds the source of each module that the policy may require, by name
	// ("acme/net"). A name has lower-case letters, digits, "_" and "/".
	Libs map[string]string
	// LibFiles holds the path of each further module, by name. A relative path
	// starts at the policy's folder. Only [Load], [Check] and [Open] use LibFiles.
	LibFiles map[string]string
	// Limits bound the cost of loading and deciding.
	Limits Limits
}

// clone returns a copy of o whose slices and maps are its own.
func (o Options) clone() Options {
	o.Providers, o.Chain = slices.Clone(o.Providers), slices.Clone(o.Chain)
	o.Libs, o.LibFiles = maps.Clone(o.Libs), maps.Clone(o.LibFiles)
	return o
}

// checked returns o with defaults, without anything that the caller could modify.
func (o Options) checked() (Options, error) {
	o = o.clone()
	o.Limits = o.Limits.withDefaults()
	if o.Providers != nil {
		for _, name := range o.Chain {
			if !slices.Contains(o.Providers, name) {
				return o, fmt.Errorf("policy options: unknown provider %.64q in the chain", name)
			}
		}
	}
	for name := range o.Libs {
		if !validModule(name) {
			return o, fmt.Errorf("policy options: invalid module name %.64q; want lower-case letters, digits, \"_\" and \"/\"", name)
		}
	}
	return o, nil
}

func validModule(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c != '_' && c != '/' && !('a' <= c && c <= 'z') && !('0' <= c && c <= '9') {
			return false
		}
	}
	return name != "" && name != std.Name && len(name) <= 128
}

// Limits bound the cost of a policy. A field that is zero or negative means its
// default, which is given in parentheses. The same limits apply when a policy is
// loaded, decided, explained and tested, and when a decision log is replayed.
type Limits struct {
	// Source is the largest size of one Lua file in bytes (256 KiB).
	Source int
	// Nesting is the largest depth of the syntax tree of one file (100).
	Nesting int
	// LoadInstructions bounds the Lua instructions of one load (250,000). A
	// declarative rule takes about 25.
	LoadInstructions int64
	// LoadBytes bounds the memory that Lua requests during one load, in bytes
	// (8 MiB).
	LoadBytes int64
	// CallInstructions bounds the Lua instructions of one call of a predicate
	// or chain hook (10,000).
	CallInstructions int64
	// CallBytes bounds the memory that one such call requests, in bytes (1 MiB).
	CallBytes int64
	// String is the largest length of a string in a policy, and of a caller,
	// role or label value that a predicate may read, in bytes (4 KiB).
	String int
	// List is the largest number of items in one Lua table (4,096).
	List int
}

func (l Limits) withDefaults() Limits { return Limits(luabox.Limits(l).WithDefaults()) }
