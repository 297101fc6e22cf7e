package bench

import (
	"net/http"
	"sort"
	"strings"
	"sync"
)

// cookies are those of one browser that goes to one server only. Its zero value
// is ready.
type cookies struct {
	mu  sync.Mutex // guards all
	all map[string]string
}

// take keeps what an answer sets, and forgets what it takes away.
func (c *cookies) take(answer http.Header) {
	set := (&http.Response{Header: answer}).Cookies()
	if len(set) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]string{}
	}
	for _, one := range set {
		if one.MaxAge < 0 || one.Value == "" {
			delete(c.all, one.Name)
			continue
		}
		c.all[one.Name] = one.Value
	}
}

func (c *cookies) header() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	pairs := make([]string, 0, len(c.all))
	for name, value := range c.all {
		pairs = append(pairs, name+"="+value)
	}
	sort.Strings(pairs)
	return strings.Join(pairs, "; ")
}
