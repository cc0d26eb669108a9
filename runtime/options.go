package runtime

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// Options configure a Runtime. With the zero Options there is no provider, and
// every Get fails with load_failed.
type Options struct {
	// Providers are the providers. Names must be unique and are
	// [A-Za-z0-9_-]{1,64}.
	Providers []ProviderOptions

	// Chain names the providers that are asked, in order. Empty means all of
	// Providers in their order.
	Chain []ChainLink

	// Policy decides every request before a provider is asked. If it is nil and
	// there is no PolicyFile, everything is allowed and the configured chain is
	// asked.
	Policy Decider

	// PolicyFile names a policy to load, instead of Policy.
	PolicyFile PolicyFile

	// DecisionLog says where requests are recorded.
	DecisionLog DecisionLog

	// Dir is the folder to which relative paths refer: of module files, file
	// grants, policies and logs. "" is the current folder.
	Dir string

	// Lock pins the modules that are not built in, by the path in their
	// ProviderOptions. A module file without a pin is not run, and one that
	// differs from its pin never is: see [module.ParseLock]. nil pins nothing.
	Lock *module.Lock

	// AllowUnpinned runs module files that have no pin, and logs a warning for
	// each. Use it while developing a module.
	AllowUnpinned bool

	// CompileCache names a folder for compiled code that outlives the process.
	// "" keeps compiled code in memory. The folder is created with mode 0700;
	// one that others could write to is refused and memory is used instead.
	CompileCache string

	// CompileProcess, if set, compiles a module file in another process before this one
	// does. It starts a process whose main function calls [module.CompileChild], passes
	// on wasm, the open folder cache, which is nil if there is none, and large, which is
	// true if Module of [Limits] is "large". It returns nil only after the process has
	// ended successfully, and ends the process when ctx ends. If it returns an error, the
	// module is load_failed with the text of that error. The code is then taken from
	// CompileCache; without one, the module, now known to be harmless, is compiled again
	// here. If CompileProcess is nil, everything is compiled here: the estimate of
	// [module.Inspect] bounds the cost.
	//
	// It is called concurrently, and not for code that is cached. It may call any
	// method of the Runtime, but a request for another module file that is not compiled
	// yet is unavailable there.
	CompileProcess func(ctx context.Context, wasm []byte, cache *os.File, large bool) error

	// Logger receives the messages of the runtime and of its modules, with
	// values masked. Its handler may call any method of the Runtime; Close does
	// not wait for it. nil discards the messages.
	Logger *slog.Logger

	// Redactor is the registry in which every value is registered before it is released.
	// Set it to the one that masks the program's log. nil makes a new one, see
	// [Runtime.Redactor]. Close leaves the registry open and releases the values, which
	// it masks for its grace period of ten minutes: until then the program may print what
	// it has read.
	Redactor *redact.Registry

	// Mask names keys, as globs such as "**" or "prod/**", whose values Open
	// registers with the Redactor, before anything is released: every value
	// that a provider of the chain lists under such a key and that Caller may
	// read. [Runtime.Status] says how many there were and what could not be
	// registered. Values that change later are masked once they are read. Empty
	// means that values are masked from the first time they are read.
	Mask []string

	// Caller is the caller of requests that do not use [Runtime.For]. The zero
	// Caller has the name "app".
	Caller Caller

	// Limits apply to every provider. The zero Limits are the defaults.
	Limits Limits

	// Environ returns the environment variables to which env grants refer; nil
	// is os.Environ. It is called before each call of a module that has such a grant.
	Environ func() []string

	// Now is the clock; nil is time.Now. It is read at most once in each call of a
	// module; for the rest of the call, time advances with the system's clock. Like every
	// function and interface of the Options it may call any method of the Runtime: no
	// lock is held meanwhile. Goroutines of the Runtime call it too, several at a time.
	Now func() time.Time
}

// Decider is asked before every request reaches a provider. [*policy.Policy]
// and [*policy.Live] are Deciders. Decide is called concurrently and must not
// block. A Decider that also has the method
//
//	Routes(policy.Request) policy.Routes
//
// says which providers a listing may ask, as [policy.Policy.Routes] does;
// without it a listing asks all providers.
//
// A request asks no provider that is not among the Providers of its decision, even if
// [Client.At] names it. There is one exception: if the Providers are those of the chain of
// the options, in its order, and the decision has no Chain and no Pin, At may name any
// provider.
type Decider interface {
	Decide(policy.Request) policy.Decision
}

// PolicyFile names a policy that the Runtime opens, follows and closes. Its
// zero value names none.
type PolicyFile struct {
	// Path is the Lua file. A change takes effect while the Runtime is open: within about 4 s,
	// once two reads, 2 s apart, have found the same content, or by [Runtime.ReloadPolicy].
	Path string

	// Preset is the name of a policy of package policies, instead of Path.
	Preset string

	// Libs are files that the policy may require, by name.
	Libs map[string]string

	// MaxStale is how long the last good version decides while the files
	// cannot be loaded; after that everything is denied. Zero means no limit.
	MaxStale time.Duration
}

// DecisionLog says where the decisions of a Runtime are recorded. Its zero value
// records none. For each request a line with the decision is written before a
// provider is asked, and one with the outcome before a result is handed out; a
// denied request has the first line alone. Package audit/record defines the
// fields; none holds a value that was released. Keys and versions are as modules say
// them: one that means to can put there what it was given, such as a variable of its
// grant, which is masked only once it is released as a value. A listing has two lines
// of its own and one for each key that was found; a watch has two for each event.
type DecisionLog struct {
	// Path is the file to which records are appended. It is created with mode 0600 if it
	// does not exist. It must be a regular file without execute permission, or a device,
	// and not a file that another user could have put there. A path that is the policy
	// or lies beneath a grant to write is load_failed; beneath a grant to read it causes
	// a warning. "-" is refused; set Writer to os.Stderr. When the file is renamed or
	// removed, the next record goes to a new file at Path.
	Path string

	// Writer receives the records instead of Path. One goroutine at a time uses it until
	// Close has returned; it is not closed. If a Write takes longer than a second, Close
	// drops the remaining records. A request waits for the Writer of a required log
	// until its context ends, so a Writer that waits for the request blocks it until then.
	Writer io.Writer

	// Options say what is recorded, by the fields Required, Wait, Queue, Sample, Labels and
	// HashKey of [audit.Options]. With Required, a request whose record cannot be written is
	// denied with audit_unavailable.
	audit.Options
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

	// Config are the settings of the module. One that the module does not declare, a
	// missing one that it requires and a value that it does not take are
	// load_failed: see [ProviderOptions.Settings].
	Config map[string]string

	// Mode says what an instance keeps between calls; the zero value is [Isolated].
	Mode Mode

	// Provider, if set, is asked instead of a module. It is trusted code. If it
	// has the method GetMany of a [Runtime], several keys are asked for at once.
	// Its values are copied before they are released. When it calls methods of
	// this Runtime it passes on the context that it was given. Close does not
	// close it.
	Provider secret.Provider
}

// ChainLink names one provider of the chain.
type ChainLink struct {
	Name string

	// ContinueWhenUnavailable lets the chain continue past this provider when it
	// is unavailable, throttled, timed out or has only a stale value. A value
	// found after that lists the provider in Degraded. A refusal or a broken
	// module always ends the chain.
	ContinueWhenUnavailable bool
}

// Grant is what one module may reach outside of its sandbox. The zero Grant is
// nothing: a module that imports a capability without a grant for it does not
// load. Nil and empty lists grant nothing.
type Grant struct {
	// Env are the environment variables that the module may read: a name, a prefix
	// and a star such as "DB_*", or "*" for all. It also covers NAME_FILE, the
	// variable that holds the path of a file with the value of NAME, if Files
	// covers that path.
	Env []string

	// Files are the files and folders that the module may use. If several cover a
	// path, the longest path applies.
	Files []FileGrant
}

// FileGrant opens one file, or one folder with everything beneath it, to a module.
// Symbolic links in the folder that lead out of it are not followed.
type FileGrant struct {
	// Path is absolute, or relative to [Options.Dir]. It need not exist yet. The root
	// folder is refused, and so are /proc, /sys and /dev with what is in them, except
	// what is in /dev/shm.
	Path string

	// Write also lets the module create, replace and remove files. Without it, the
	// grant is read-only.
	Write bool

	// Owned refuses a file that anyone but root and the current user can change, as
	// safefile.CheckOwner finds out, whenever it is used.
	Owned bool

	// Confined refuses what lies outside of [Options.Dir], whenever it is used: where links
	// lead to in the end counts, of Path itself and of the folders on its way. The package
	// config sets it for what a configuration which was found did not ask to be trusted with:
	// who may change a folder there may put a link into it later.
	Confined bool

	// FollowLinks also opens symbolic links, and files with more than one hard link,
	// beneath a granted folder. Without it, these are refused, since a rule about one key
	// would not hold for the other; the links that kubelet makes in a mounted volume keep
	// the name, and are followed. Path may itself be a link to anywhere, and the setting
	// "path" a link that does not lead out of a granted folder: both are followed when they
	// are used. A file is read through a link, and never written.
	FollowLinks bool
}

// internal returns g as the host takes it. Only here is a grant converted.
func (g Grant) internal() all.Grants {
	out := all.Grants{Env: g.Env}
	for _, f := range g.Files {
		out.Files = append(out.Files, all.FileGrant(f))
	}
	return out
}

// Mode is what an instance of a module keeps from one call to the next.
type Mode string

// The modes. The zero Mode is Isolated.
const (
	// Isolated restores an instance, when a call ends, to its state after it was
	// opened: a call finds nothing of the one before, except what the module stored in
	// kv. See [Limits].
	Isolated Mode = "isolated"

	// Pooled keeps the state of every instance, and each of them may serve any
	// caller.
	Pooled Mode = "pooled"

	// Serial keeps the state of one instance, which serves all calls in turn.
	Serial Mode = "serial"
)

// Limits bound what each provider may use. A field that is zero means its default.
// Only KV may be negative.
type Limits struct {
	// Value is the largest value in bytes, at most 16 MiB. The default is 1 MiB.
	Value int64

	// Call is the longest time of one call of a provider; for a module it includes
	// waiting for an instance and making one. A provider written in Go is given a
	// context that ends then, and has to return; if it has no GetMany, and the call for
	// one of several keys fails then, it is not asked for those that follow. Watch has
	// no limit. The default is 10 seconds.
	Call time.Duration

	// MemoryPages is the largest memory of one instance, in pages of 64 KiB. The
	// default is 256 pages, which is 16 MiB. A module holds a value several times:
	// give it four times the largest value. What does not fit is [secret.ErrTooLarge].
	MemoryPages uint32

	// Module is how much a module may cost to compile, by the estimate of
	// [module.Inspect]. "" accepts up to 2 s on two processors and 512 MiB; "large"
	// accepts up to 120 s and 1,200 MiB, and at most 12 s for one function, and needs a
	// Call that is longer than compiling takes. A module that costs more is [secret.ErrLoad].
	Module string

	// Instances is how many instances of one module exist at a time; further calls
	// wait. The default is 8. In the mode Serial it is 1.
	Instances int

	// KV is how many bytes one provider keeps in postern_kv_v1, overhead included. The
	// default is 16 MiB. In memory they take at most twice as many, and 704 KiB. In the
	// mode Isolated, kv is the only state that a module keeps between calls. It is
	// private to the provider, shared by all callers, and lasts until the Runtime closes.
	// A negative number turns it off: a module that imports it is [secret.ErrLoad], unless
	// it says that it works without.
	KV int64

	// Keys is the largest number of keys in one listing. The default is 100,000.
	Keys int

	// Listing is the largest size of one listing in bytes, the sum of its keys. The
	// default is 16 MiB.
	Listing int64

	// CallMemory is how many bytes the host keeps for one call of a module, besides
	// the memory of the module: what the module read and emitted, and what was noted to
	// mask it. It is also the most that one GetMany of a module returns. The default is
	// 64 MiB. What does not fit is [secret.ErrTooLarge].
	CallMemory int64

	// MaskMemory bounds the memory, in bytes, for masking the values that a module returned
	// in the last 10 minutes, for which they stay masked. The default is 256 MiB, enough
	// for tens of thousands of different values. The memory is estimated, see
	// [redact.Registry.Cost]; a value that is masked already counts only its length, once
	// for each key. Without this limit, a module that returns another value each time
	// could fill the memory of the host. A value that does not fit is [secret.ErrTooLarge].
	// The values that the Runtime holds because the module returned them last may take the
	// same amount again. Built-in modules have no such limit.
	MaskMemory int64
}

// Caller identifies who makes a request. The embedder sets it, and nothing
// checks it: see [Runtime.For].
type Caller struct {
	Name   string            // "" is "app"
	Roles  []string          // for the roles of policy rules
	Labels map[string]string // for the labels of policy rules
}

// Status says how many values [Open] registered for [Options.Mask].
type Status struct {
	// Masked is the number of values that were registered for [Options.Mask].
	Masked int

	// Unmasked lists what could not be registered for it: the values of these
	// providers are masked only once they are read.
	Unmasked []Unmasked
}

// Unmasked is a provider whose values [Options.Mask] could not register.
type Unmasked struct {
	Provider string
	Code     secret.Code // why; unsupported for a provider that cannot list its keys
	Keys     int         // number of keys that it listed and that could not be read; 0 if it did not list
}
