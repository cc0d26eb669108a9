package runtime

import (
	"log/slog"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// Options says what a Runtime consists of. The zero Options has no provider:
// every Get fails with load_failed.
type Options struct {
	// Providers are the configured instances. Names must be unique and are
	// [A-Za-z0-9_-]+.
	Providers []ProviderOptions

	// Chain names the providers that are asked, in order. Empty means all of
	// Providers in their order.
	Chain []ChainLink

	// Policy decides every request before a provider is asked. nil, without a
	// PolicyFile, allows everything over the configured chain.
	Policy Decider

	// PolicyFile names the policy that decides, instead of Policy.
	PolicyFile PolicyFile

	// DecisionLog says where decisions are recorded.
	DecisionLog DecisionLog

	// Dir is the folder that relative paths are taken from: module files, file
	// grants, policies and logs. "" is the current folder.
	Dir string

	// Lock pins the modules that are not built in, under the path that their
	// ProviderOptions give. A module file without a pin is not run, and one that
	// is not what was pinned never is: see [module.ParseLock]. nil pins nothing.
	Lock *module.Lock

	// AllowUnpinned runs module files that have no pin, and logs a warning for
	// each. It is for the development of a module.
	AllowUnpinned bool

	// CompileCache names a folder for compiled code that outlives the process.
	// "" keeps compiled code in memory. The folder is created with mode 0700;
	// one that others could write to is refused and memory is used instead.
	CompileCache string

	// Logger receives what the runtime and its modules report, values masked.
	// nil discards.
	Logger *slog.Logger

	// Redactor learns every value that is released; nil is one of the
	// Runtime's own. Give the one that the program's log is masked by. Close
	// then leaves it open, but the values in it are wiped.
	Redactor *redact.Registry

	// Caller is who asks when [Runtime.For] was not used. Its zero value is
	// the caller "app".
	Caller Caller

	// Limits bound every provider. Its zero value means the defaults.
	Limits Limits

	// Environ returns the environment that env grants choose from; nil is
	// os.Environ.
	Environ func() []string

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// ProviderOptions configures one provider: a module or, when Provider is set, a
// Go value.
type ProviderOptions struct {
	Name string

	// Module is the name of a built-in module (see package modules) or the path
	// of a .wasm file, which contains a "/" or ends in ".wasm" and must be pinned
	// by Options.Lock.
	Module string

	// Grant is what the module may reach. The zero Grant is nothing.
	Grant Grant

	// Config reaches the module as it is.
	Config map[string]string

	// Mode is "isolated" (also ""), "pooled" or "serial": whether an instance
	// is put back to its state after opening when a call ends, or keeps what the
	// call left behind.
	Mode Mode

	// Provider, when set, is asked instead of a module. It is trusted code.
	// Close does not close it.
	Provider secret.Provider
}

// ChainLink is one place in the chain.
type ChainLink struct {
	Name string

	// ContinueWhenUnavailable lets the chain go on past this provider when it
	// is unavailable, throttled, timed out or only has a stale value. A value
	// found after that is marked as degraded. Nothing lets a chain go on past
	// a refusal or a broken module.
	ContinueWhenUnavailable bool
}

// Grant is what one module may reach: environment variables by pattern, and
// files by path. Nil, empty and absent mean nothing.
type Grant = all.Grants

// FileGrant opens a file, or everything beneath a folder, to a module.
type FileGrant = all.FileGrant

// Mode says what an instance of a module keeps between calls.
type Mode = wasmhost.Mode

// The modes.
const (
	Isolated = wasmhost.Isolated // nothing: the default
	Pooled   = wasmhost.Pooled   // everything, for any caller
	Serial   = wasmhost.Serial   // everything, one instance for all calls in turn
)

// Limits bound what one provider may use. A zero field means its default.
type Limits struct {
	Value       int64         // bytes of one value; 1 MiB, never above 16 MiB
	Call        time.Duration // one call of a module; 10 s
	MemoryPages uint32        // 64 KiB pages of one instance; 256
	Instances   int           // instances of one module at a time; 8
	KV          int64         // bytes of postern_kv_v1; 16 MiB
	Keys        int           // keys of one listing; 100,000
	Listing     int64         // bytes of one listing; 16 MiB
}

// Caller is who asks. It is the embedder's word: see [Runtime.For].
type Caller struct {
	Name   string            // "" is "app"
	Roles  []string          // what rules may ask for
	Labels map[string]string // what rules may compare
}
