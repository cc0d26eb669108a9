package postern

// Module turns the calls of the host into those of a [Provider]. Its methods are
// what the exported functions of a module return; they may be called one at a
// time only, which is how the host calls.
type Module struct {
	// New makes the provider from its settings, once per instance.
	New func(Config) (Provider, error)

	provider Provider
}

// Open is postern_open.
func (m *Module) Open() int32 {
	return end(func() error {
		request, err := input()
		if err != nil {
			return err
		}
		config, err := parseConfig(request)
		if err != nil {
			return err
		}
		m.provider, err = m.New(config)
		return err
	}())
}

// Get is postern_get.
func (m *Module) Get() int32 {
	return m.call(func(r request) error {
		// The host warms a module up by asking for nothing. The store must not be
		// read then: the image taken next would hold its secrets.
		if len(r.keys) == 0 {
			return nil
		}
		return m.provider.Get(r.keys, records{})
	})
}

// Set is postern_set.
func (m *Module) Set() int32 {
	return m.call(func(r request) error {
		if len(r.keys) != 1 || r.value == nil {
			return Internal
		}
		return m.provider.Set(r.keys[0], r.value)
	})
}

// Delete is postern_delete.
func (m *Module) Delete() int32 {
	return m.call(func(r request) error {
		if len(r.keys) != 1 {
			return Internal
		}
		return m.provider.Delete(r.keys[0])
	})
}

// Keys is postern_keys.
func (m *Module) Keys() int32 {
	return m.call(func(r request) error { return m.provider.Keys(r.prefix, emitKey) })
}

func (m *Module) call(verb func(request) error) int32 {
	return end(func() error {
		if m.provider == nil {
			return Internal // postern_open failed or is not exported
		}
		b, err := input()
		if err != nil {
			return err
		}
		r, err := parseRequest(b)
		if err != nil {
			return err
		}
		return verb(r)
	}())
}

// end tells the host how a call ended.
func end(err error) int32 {
	if err == nil {
		return 0
	}
	s, text := statusOf(err)
	if text != "" {
		rawFail(pointer(text), uint32(len(text)))
	}
	return int32(s)
}
