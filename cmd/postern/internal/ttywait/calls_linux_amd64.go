package ttywait

import "golang.org/x/sys/unix"

// older are the calls that newer processors do not have.
var older = map[uint64]wait{
	unix.SYS_POLL:       polled,
	unix.SYS_SELECT:     selected,
	unix.SYS_EPOLL_WAIT: registered,
}
