package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Client reads and writes secrets as one caller. [runtime.Client] implements it.
type Client interface {
	Get(ctx context.Context, key secret.Key) (secret.Secret, error)
	GetMany(ctx context.Context, keys []secret.Key) []secret.Result
	Set(ctx context.Context, key secret.Key, value secret.Secret) error
	Delete(ctx context.Context, key secret.Key) error
	DeleteAll(ctx context.Context, key secret.Key) error
	Keys(ctx context.Context, prefix string) ([]secret.Key, error)
	// List is Keys with what providers leave out.
	List(ctx context.Context, prefix string) (runtime.Listing, error)
	// Names is Keys with the keys that the caller may list but not get.
	Names(ctx context.Context, prefix string) ([]secret.Key, error)

	// Writer names the provider that a Set of a new key goes to, "" if there is none.
	Writer() string
	// Writers names the providers that a write of key may go to.
	Writers(op secret.Op, key secret.Key) []string
	Caller() runtime.Caller
	Decide(op secret.Op, key secret.Key) policy.Decision
	Explain(op secret.Op, key secret.Key) policy.Explanation
}

// Session is what a command works with: a [Client] for the configured caller and
// the whole chain, and facts about the providers. It is an interface so that the
// Runtime can also run in another process.
type Session interface {
	Client

	// At returns a Client that asks one provider only; for "" it asks the chain.
	At(provider string) (Client, error)

	// Routed names the providers that may be asked for some key, if the caller gets
	// (secret.OpGet) or lists (secret.OpKeys) it. They need not be in the configured
	// chain if the policy has rules that choose providers.
	Routed(op secret.Op) []string

	Config() *config.Config
	Providers() []runtime.ProviderInfo
	// Probe is [runtime.Runtime.Probe]. A provider of which the caller may neither get
	// nor list a key is not asked: the error has the code denied.
	Probe(ctx context.Context, provider string) runtime.Probe
	// Redactor returns the registry of all values that were released.
	Redactor() *redact.Registry
	// Memory is [runtime.Runtime.Memory].
	Memory() runtime.MemoryStatus
}

// local is the Session of a Runtime in this process.
type local struct {
	keeper
	rt     *runtime.Runtime
	config *config.Config
}

var _ Session = (*local)(nil)

func (l *local) At(provider string) (Client, error) {
	if provider == "" {
		return l.keeper, nil
	}
	if err := CheckProvider(l, provider); err != nil {
		return nil, err
	}
	c, err := l.Client.At(provider)
	if err != nil {
		return nil, err
	}
	return keeper{c, l.kept}, nil
}

func (l *local) Routed(op secret.Op) []string { return l.routes(op).Providers }

// routes says which providers may be asked for keys of the caller.
func (l *local) routes(op secret.Op) policy.Routes {
	p := l.rt.Policy()
	if p == nil {
		all := policy.Routes{Default: true}
		for _, info := range l.rt.Providers() {
			if info.InChain {
				all.Providers = append(all.Providers, info.Name)
			}
		}
		return all
	}
	now := time.Now()
	if l.config.Options.Now != nil {
		now = l.config.Options.Now()
	}
	as := map[secret.Op]policy.Op{secret.OpGet: policy.OpGet, secret.OpKeys: policy.OpKeys}[op]
	c := l.Caller()
	return p.Routes(policy.Request{Caller: c.Name, Roles: c.Roles, Labels: c.Labels, Op: as, Time: now})
}

func (l *local) Config() *config.Config            { return l.config }
func (l *local) Providers() []runtime.ProviderInfo { return l.rt.Providers() }
func (l *local) Redactor() *redact.Registry        { return l.rt.Redactor() }
func (l *local) Memory() runtime.MemoryStatus      { return l.rt.Memory() }
func (l *local) Probe(ctx context.Context, provider string) runtime.Probe {
	for _, op := range []secret.Op{secret.OpKeys, secret.OpGet} {
		// Without a chain rule a caller may name any provider.
		if r := l.routes(op); r.Default || slices.Contains(r.Providers, provider) {
			return l.rt.Probe(ctx, provider)
		}
	}
	return runtime.Probe{Provider: provider, Err: &secret.Error{Code: secret.ErrDenied, Op: secret.OpKeys, Provider: provider,
		Detail: fmt.Sprintf("it was not asked: the policy lets the caller %q neither get nor list any of its keys", l.Caller().Name)}}
}

// With loads the configuration and calls f with an open session. The context of
// f ends after the configured time limit. Requests wait for a decision log that
// takes their records.
func (a *App) With(ctx context.Context, cmd *cli.Command, f func(context.Context, Session) error) error {
	c, err := a.Load(cmd)
	if err != nil {
		return err
	}
	return a.WithConfig(ctx, c, f)
}

// WithConfig is [App.With] for a configuration that is loaded already.
func (a *App) WithConfig(ctx context.Context, c *config.Config, f func(context.Context, Session) error) (err error) {
	if c.Options.Caller.Name == "" {
		c.Options.Caller.Name = DefaultCaller()
	}
	if c.Options.Logger == nil {
		c.Options.Logger = a.Logger(c)
	}
	if log := &c.Options.DecisionLog; log.Path != "" || log.Writer != nil {
		log.Wait = true
	}
	a.config = c
	c.Options.Redactor, c.Options.CompileProcess = a.Values, a.CompileProcess
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	rt, err := runtime.Open(ctx, c.Options)
	if err != nil {
		return withLockHint(c, err)
	}
	values := &kept{}
	defer func() {
		if e := rt.Close(); err == nil {
			err = e
		}
		values.drop()
	}()
	return f(ctx, &local{keeper{rt.For(c.Options.Caller), values}, rt, c})
}

// DefaultCaller is the caller when neither a flag nor the configuration names
// one.
func DefaultCaller() string { return fmt.Sprintf("uid:%d", os.Getuid()) }

// CheckProvider returns an error with a hint if no provider has the name.
func CheckProvider(s Session, name string) error {
	var names []string
	for _, p := range s.Providers() {
		if p.Name == name {
			return nil
		}
		names = append(names, p.Name)
	}
	detail := fmt.Sprintf("there is no provider %q", name) + suggest.WantOneOf(names) + DidYouMean(name, names)
	return (&secret.Error{Code: secret.ErrLoad, Detail: detail}).Wrap(suggest.Hint("postern provider list"))
}

// kept are the Secrets that a session has given. A value is masked for as long as
// somebody has its Secret, and a little longer; a command whose output is masked may run
// for days after its values were read.
type kept struct {
	mu  sync.Mutex
	all []secret.Secret
}

func (k *kept) add(all ...secret.Secret) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, all...)
}

// drop lets go of all Secrets. Until then they are reachable.
func (k *kept) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = nil
}

// keeper is a Client whose Secrets are kept.
type keeper struct {
	*runtime.Client
	kept *kept
}

func (c keeper) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	s, err := c.Client.Get(ctx, key)
	if err == nil {
		c.kept.add(s)
	}
	return s, err
}

func (c keeper) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := c.Client.GetMany(ctx, keys)
	got := make([]secret.Secret, 0, len(results))
	for _, r := range results {
		if r.Err == nil {
			got = append(got, r.Secret)
		}
	}
	c.kept.add(got...)
	return results
}
