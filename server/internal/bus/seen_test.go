package bus

import (
	"fmt"
	"log/slog"
	"testing"
	"time"
)

// Whoever can write to the bus can name any moment, and wait for a topic.
func TestWhatIsRememberedOfWakeUpsIsBounded(t *testing.T) {
	now := time.Now()
	n := (&Nodes{Local: NewLocal(), Log: slog.New(slog.DiscardHandler)}).Join()
	woken := 0
	n.Local.Subscribe("a", func() { woken++ })
	for i := range int64(3 * maxSeen) {
		if err := n.got(fmt.Sprintf("other\n%d a", now.Add(time.Hour).UnixMicro()+i)); err != nil {
			t.Fatal(err)
		}
	}
	if woken != 3*maxSeen {
		t.Errorf("woken %d times", woken)
	}
	if len(n.seen) > maxSeen {
		t.Errorf("%d are remembered", len(n.seen))
	}
	n.forget(now)
	if len(n.seen) > 0 {
		t.Errorf("%d are remembered of what no step can have left", len(n.seen))
	}
	n.wake(Wake{"a", now.UnixMicro()})
	if n.forget(now.Add(time.Second)); len(n.seen) != 1 {
		t.Error("what a look may bring again is forgotten")
	}
}
