package std

import (
	"fmt"
	"net/netip"
	"strings"
)

// ipIn reports whether an address is in a CIDR block. An IPv4 address that is written
// as an IPv6 one counts as IPv4, also in the block. The zone of an address is ignored.
func ipIn(address, block string) (bool, error) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false, fmt.Errorf("%.64q is not an IP address", address)
	}
	prefix, err := parseBlock(block)
	if err != nil {
		return false, err
	}
	return prefix.Contains(ip.WithZone("").Unmap()), nil
}

const mappedBits = 96 // before the IPv4 address in an IPv6 one

func parseBlock(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		if ip, isAddress := netip.ParseAddr(s); isAddress == nil {
			return prefix, fmt.Errorf("%.64q is an address, not a block; for this one address write \"%s/%d\"", s, ip, ip.BitLen())
		}
		return prefix, fmt.Errorf("%.64q is not a block of addresses such as 10.0.0.0/8", s)
	}
	ip := prefix.Addr()
	if !ip.Is4In6() {
		return prefix, nil
	}
	if prefix.Bits() < mappedBits {
		return prefix, fmt.Errorf("%.64q covers more than the IPv4 addresses; write 0.0.0.0/0", s)
	}
	return netip.PrefixFrom(ip.Unmap(), prefix.Bits()-mappedBits), nil
}

func checkBlock(i int, s string) error {
	switch i {
	case 1:
		if _, err := netip.ParseAddr(s); err != nil {
			return fmt.Errorf("%.64q is not an IP address", s)
		}
	case 2:
		_, err := parseBlock(s)
		return err
	}
	return nil
}

// wildcards are the characters that no key contains and that patterns do.
const wildcards = "*?[]{}^$"

func hasWildcard(s string) bool { return strings.ContainsAny(s, wildcards) }
