package bus_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"hamconnect/server/internal/bus"
)

func TestAWakeUpReachesThoseWhoListenToItsTopicAndNobodyElse(t *testing.T) {
	b := bus.NewLocal()
	var a1, a2, other int
	cancel := b.Subscribe("a", func() { a1++ })
	b.Subscribe("a", func() { a2++ })
	b.Subscribe("b", func() { other++ })
	b.Publish("a")
	cancel()
	cancel() // twice does no harm
	b.Publish("a")
	b.Publish("nobody listens")
	if a1 != 1 || a2 != 2 || other != 0 {
		t.Errorf("woken %d, %d and %d times", a1, a2, other)
	}
}

func TestAListenerMayUseTheBusFromItsWakeUp(t *testing.T) {
	b := bus.NewLocal()
	var cancel func()
	woken := 0
	cancel = b.Subscribe("a", func() {
		woken++
		cancel()
		b.Subscribe("a", func() { woken++ })
	})
	b.Publish("a")
	b.Publish("a")
	if woken != 2 {
		t.Errorf("woken %d times", woken)
	}
}

func TestManyMayComeGoAndPublishAtOnce(t *testing.T) {
	b := bus.NewLocal()
	var woken atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				cancel := b.Subscribe("a", func() { woken.Add(1) })
				b.Publish("a")
				cancel()
			}
		})
	}
	all.Wait()
	if woken.Load() < 8*200 {
		t.Errorf("woken %d times", woken.Load())
	}
}
