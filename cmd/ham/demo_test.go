package main

import (
	"net"
	"strings"
	"testing"
)

func TestADefaultPortThatIsTakenGivesWayToTheNext(t *testing.T) {
	var said strings.Builder
	e := &env{stderr: &said}
	first, err := listenLoopback(t.Context(), e, 0, false, "the provider")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	port := first.Addr().(*net.TCPAddr).Port
	if port > 65400 {
		t.Skip("no room above this port")
	}
	second, err := listenLoopback(t.Context(), e, port, false, "the provider")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if !strings.Contains(said.String(), "is taken, so the provider is on port") {
		t.Errorf("it says %q", said.String())
	}
	if third, err := listenLoopback(t.Context(), e, port, true, "the provider"); err == nil {
		third.Close()
		t.Error("a port that was asked for is swapped")
	}
}
