//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// BenchmarkWaitingDesktop opens b.N desktops that wait on a server of its own
// process, and reports the memory that each costs there. Try
//
//	go test -run - -bench WaitingDesktop -benchtime 10000x ./cmd/ham
func BenchmarkWaitingDesktop(b *testing.B) {
	port, err := freePort()
	if err != nil {
		b.Fatal(err)
	}
	url, data := fmt.Sprintf("http://localhost:%d", port), b.TempDir()+"/data"
	p, err := startProcess(os.Environ(), b.TempDir(), "ham", "serve", "--data", data, "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--trusted-proxy", "127.0.0.1", "--log-level", "warn")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.kill)
	if err := p.ready(url); err != nil {
		b.Fatal(err)
	}
	admin, err := server.OpenAdmin(b.Context(), server.Place{DataDir: data}, url)
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close()
	app, _, err := admin.AddClient(b.Context(), server.Client{
		Name: "Campus Library", RedirectURIs: []string{"https://library.example/callback"}, Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	})
	if err != nil {
		b.Fatal(err)
	}
	var sockets []*servertest.Socket
	open := func(i int) *servertest.Socket {
		browser := servertest.NewBrowser(url)
		address := from{fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}
		browser.Client.Transport = address
		page, err := browser.Open(context.Background(), url+"/sso-authorize?client_id="+app.ID+"&redirect_uri=https://library.example/callback")
		if err != nil {
			b.Error(err)
			return nil
		}
		socket, err := page.ConnectWith(context.Background(), http.Header{"Origin": {url}, "X-Forwarded-For": {address.address}})
		if err != nil {
			b.Error(err)
			return nil
		}
		return socket
	}
	for i := range 50 { // so that what is made once is made
		open(1<<20 + i)
	}
	before := settledMemory(b, p)
	b.ResetTimer()
	var opening sync.WaitGroup
	var mu sync.Mutex
	next := make(chan int)
	for range 8 {
		opening.Go(func() {
			for i := range next {
				socket := open(i)
				mu.Lock()
				sockets = append(sockets, socket)
				mu.Unlock()
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	opening.Wait()
	b.StopTimer()
	after := settledMemory(b, p)
	b.ReportMetric(float64(after-before)/float64(b.N)/1024, "KiB/desktop")
	for _, s := range sockets {
		if s != nil {
			s.Close()
		}
	}
}

// settledMemory is what the process has in memory once nothing new comes, in
// bytes.
func settledMemory(b *testing.B, p *process) int {
	b.Helper()
	resident := func() int {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		if err != nil {
			b.Skip("this system does not say how much memory a process has")
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				n, err := strconv.Atoi(strings.Fields(rest)[0])
				if err != nil {
					b.Fatal(err)
				}
				return n << 10
			}
		}
		b.Fatal("no VmRSS")
		return 0
	}
	least := resident()
	for range 15 { // the collector gives memory back slowly
		time.Sleep(200 * time.Millisecond)
		least = min(least, resident())
	}
	return least
}
