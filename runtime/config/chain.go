package config

import (
	"slices"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/suggest"
)

// decodeChain reads the chain, which may be left out if there is one provider.
func (c *Config) decodeChain(root map[string]node) error {
	n, ok := root["chain"]
	if !ok {
		if len(c.Options.Providers) > 1 {
			return errorf(`%s: there are %d providers and no chain; set "chain" to the order in which they are asked`,
				c.source(), len(c.Options.Providers))
		}
		return nil
	}
	entries, err := n.list()
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return n.errorf("the chain is empty")
	}
	var names []string
	for _, p := range c.Options.Providers {
		names = append(names, p.Name)
	}
	for _, entry := range entries {
		link, err := decodeChainLink(entry)
		if err != nil {
			return err
		}
		if !slices.Contains(names, link.Name) {
			if c.Path == "" && !slices.Contains(names, "memory") {
				names = append(names, "memory") // see withoutFile
			}
			return entry.errorf("there is no provider %s%s%s", quote(link.Name), suggest.WantOneOf(names), didYouMean(link.Name, names))
		}
		if slices.ContainsFunc(c.Options.Chain, func(l runtime.ChainLink) bool { return l.Name == link.Name }) {
			return entry.errorf("the provider %s is in the chain twice", quote(link.Name))
		}
		c.Options.Chain = append(c.Options.Chain, link)
	}
	return nil
}

// decodeChainLink reads the name of a provider, or a mapping with more settings.
func decodeChainLink(n node) (runtime.ChainLink, error) {
	var link runtime.ChainLink
	if _, ok := n.value.(map[string]any); !ok {
		name, err := n.text()
		link.Name = name
		return link, err
	}
	parts, err := n.object("name", "on_unavailable")
	if err != nil {
		return link, err
	}
	name, ok := parts["name"]
	if !ok {
		return link, n.errorf(`the key "name" is missing`)
	}
	if link.Name, err = name.nonEmpty(); err != nil {
		return link, err
	}
	if do, ok := parts["on_unavailable"]; ok {
		word, err := do.oneOf("stop", "continue")
		if err != nil {
			return link, err
		}
		link.ContinueWhenUnavailable = word == "continue"
	}
	return link, nil
}
