package password

import (
	"context"
	"errors"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
)

func TestAPasswordIsVerifiedAgainstItsHash(t *testing.T) {
	hash, err := Hash("correct horse battery")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=7168,t=5,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	h := NewHasher()
	for text, want := range map[string]bool{"correct horse battery": true, "correct horse batterY": false, "": false, "correct horse battery ": false} {
		if got, err := h.Verify(t.Context(), text, hash); err != nil || got != want {
			t.Errorf("%q: %t, %v", text, got, err)
		}
	}
	if got, err := h.Verify(t.Context(), "correct horse battery", ""); err != nil || got {
		t.Errorf("where there is no password: %t, %v", got, err)
	}
	if _, err := h.Verify(t.Context(), "x", "$2b$nonsense"); err == nil {
		t.Error("a hash that is none was taken for one")
	}
}

// Who is not known takes as long as who is, so the parameters must be the same.
func TestNobodysHashCostsAsMuchAsAnybodys(t *testing.T) {
	got, _, _, err := argon2id.DecodeHash(nobody)
	if err != nil || got.Memory != parameters.Memory || got.Iterations != parameters.Iterations || got.Parallelism != parameters.Parallelism || got.KeyLength != parameters.KeyLength {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAThousandAtOnceStayBelow256MB(t *testing.T) {
	h := NewHasher()
	var most atomic.Uint64
	watch, stop := context.WithCancel(t.Context())
	var watching, tries sync.WaitGroup
	watching.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for watch.Err() == nil {
			metrics.Read(sample)
			most.Store(max(most.Load(), sample[0].Value.Uint64()))
			time.Sleep(time.Millisecond)
		}
	})
	var looked, busy atomic.Int64
	for range 1000 {
		tries.Go(func() {
			leave, err := h.Enter()
			if err == nil {
				_, err = h.Verify(t.Context(), "wrong", "")
				leave()
			}
			switch {
			case err == nil:
				looked.Add(1)
			case errors.Is(err, ErrBusy):
				busy.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	tries.Wait()
	stop()
	watching.Wait()
	if most.Load() > 256<<20 {
		t.Errorf("the heap grew to %d MB", most.Load()>>20)
	}
	if looked.Load() == 0 || busy.Load() < 1000-maxQueued {
		t.Errorf("%d were looked at, %d told to come back", looked.Load(), busy.Load())
	}
	t.Logf("%d were looked at, %d told to come back; at most %d MB", looked.Load(), busy.Load(), most.Load()>>20)
	if _, err := h.Verify(t.Context(), "x", ""); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestWhoHasGoneIsNotWaitedFor(t *testing.T) {
	h := &Hasher{turn: make(chan struct{}, 1), queued: make(chan struct{}, 2)}
	h.turn <- struct{}{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 5 {
		if _, err := h.Verify(gone, "x", ""); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if len(h.turn) != 1 {
		t.Error("it has taken a turn")
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "short12", "aaaaaaaaaaaa", "lin@campus.example", "LIN@campus.example", "line\nbreak1", "zero\x00byte", "bad\xffutf8 text", strings.Repeat("ab", 129)} {
		if Valid(text, "lin@campus.example") == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	for _, text := range []string{"12345678", "correct horse battery", "пароль из слов", strings.Repeat("ab", 128)} {
		if err := Valid(text, "lin@campus.example"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTheWaitGrowsToAQuarterOfAnHour(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 7: 4 * time.Second, 14: 512 * time.Second, 15: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		if got := Wait(failures, FreeAccount); got != want {
			t.Errorf("after %d: %s", failures, got)
		}
	}
}
