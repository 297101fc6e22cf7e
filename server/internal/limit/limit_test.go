package limit_test

import (
	"fmt"
	"testing"
	"time"

	"hamconnect/server/internal/limit"
)

func TestARateGivesEachKeyItsBurstAndThenItsPace(t *testing.T) {
	now := time.Unix(0, 0)
	r := limit.PerKey(time.Second, 3, func() time.Time { return now })
	take := func(key string, n int) (got int) {
		for range n {
			if r.Allow(key) {
				got++
			}
		}
		return got
	}
	if got := take("a", 10); got != 3 {
		t.Errorf("at once: %d", got)
	}
	if got := take("b", 10); got != 3 {
		t.Errorf("another key: %d", got)
	}
	now = now.Add(2 * time.Second)
	if got := take("a", 10); got != 2 {
		t.Errorf("two seconds later: %d", got)
	}
	now = now.Add(time.Hour) // everything is swept by now
	if got := take("a", 10); got != 3 {
		t.Errorf("an hour later: %d", got)
	}
}

func TestAFloodOfKeysFillsNoMemoryAndLeavesThoseThatWereThereAlone(t *testing.T) {
	now := time.Unix(0, 0)
	r := limit.PerKey(time.Hour, 2, func() time.Time { return now })
	if !r.Allow("first") {
		t.Fatal("the first is refused")
	}
	allowed := 0
	for i := range 110_000 {
		if r.Allow(fmt.Sprint("flood ", i)) {
			allowed++
		}
	}
	if allowed > 100_002 {
		t.Errorf("%d keys of the flood have a bucket", allowed)
	}
	if !r.Allow("first") || r.Allow("first") {
		t.Error("the first lost its bucket to the flood")
	}
}

func TestAnIPv6CustomerIsOneKey(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::/64", "2001:db8::ffff:1": "2001:db8::/64",
		"2001:db8:0:1::1": "2001:db8:0:1::/64", "fe80::1%eth0": "fe80::/64", "nonsense": "nonsense", "": "",
	} {
		if got := limit.AddressKey(address); got != want {
			t.Errorf("%q is %q", address, got)
		}
	}
}

func TestAGaugeGivesBackWhatIsReleasedOnce(t *testing.T) {
	g := limit.AtOnce(2)
	first, ok1 := g.Take("a")
	_, ok2 := g.Take("a")
	_, ok3 := g.Take("a")
	if _, other := g.Take("b"); !ok1 || !ok2 || ok3 || !other {
		t.Fatalf("%t %t %t %t", ok1, ok2, ok3, other)
	}
	first()
	first() // twice gives back once
	_, ok4 := g.Take("a")
	if _, ok5 := g.Take("a"); !ok4 || ok5 {
		t.Errorf("after one release: %t %t", ok4, ok5)
	}
}
