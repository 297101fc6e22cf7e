package servertest

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/store/storetest"
)

// Nodes starts several servers on one database, which is PostgreSQL, and gives
// the first of them as it is reached from outside: by way of a load balancer
// that sends each request, and each WebSocket, to the next. change may change a
// node's configuration. The test is skipped where there is no PostgreSQL.
func Nodes(tb testing.TB, many int, change func(node int, c *server.Config)) (front *Provider, nodes []*Provider) {
	tb.Helper()
	storetest.Need(tb)
	outside := listen(tb, "127.0.0.1:0")
	publicURL := "http://" + outside.Addr().String()
	first := Start(tb, func(c *server.Config) {
		c.PublicURL = publicURL
		if change != nil {
			change(0, c)
		}
	})
	nodes = []*Provider{first}
	for i := 1; i < many; i++ {
		listener := listen(tb, "127.0.0.1:0")
		node := &Provider{TB: tb, Clock: first.Clock, DataDir: first.DataDir, Database: first.Database, config: first.config, address: listener.Addr().String()}
		node.URL = "http://" + node.address
		if change != nil {
			change(i, &node.config)
		}
		node.open(listener)
		tb.Cleanup(node.Stop)
		nodes = append(nodes, node)
	}
	balancer := &http.Server{Handler: roundRobin(nodes), ReadHeaderTimeout: time.Minute}
	go balancer.Serve(outside)
	tb.Cleanup(func() { balancer.Close() })
	front = &Provider{Server: first.Server, TB: tb, Clock: first.Clock, URL: publicURL, DataDir: first.DataDir, Database: first.Database}
	return front, nodes
}

// roundRobin is a load balancer without any stickiness.
func roundRobin(nodes []*Provider) http.Handler {
	var next atomic.Uint64
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		node := nodes[next.Add(1)%uint64(len(nodes))]
		r.SetURL(&url.URL{Scheme: "http", Host: node.address})
		r.Out.Host = r.In.Host
	}}
}

// NATSServer is a real NATS server that tests start and kill.
type NATSServer struct {
	URL string

	tb      testing.TB
	program string
	process *exec.Cmd
}

// StartNATS starts one that ends with the test, which is skipped where the
// program is not installed.
func StartNATS(tb testing.TB) *NATSServer {
	tb.Helper()
	program, err := exec.LookPath("nats-server")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/nats-server")
	}
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		tb.Fatal("nats-server is not installed")
	default:
		tb.Skip("nats-server is not installed")
	}
	listener := listen(tb, "127.0.0.1:0")
	s := &NATSServer{URL: "nats://" + listener.Addr().String(), tb: tb, program: program}
	listener.Close()
	s.Start()
	tb.Cleanup(s.Kill)
	return s
}

// Start starts the server after it was killed, on the same port.
func (s *NATSServer) Start() {
	s.tb.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.process = exec.Command(s.program, "--addr", u.Hostname(), "--port", u.Port())
	if err := s.process.Start(); err != nil {
		s.tb.Fatal(err)
	}
}

// Kill ends the server as a crash does.
func (s *NATSServer) Kill() {
	if s.process != nil {
		_ = s.process.Process.Kill() // it may have ended
		_ = s.process.Wait()
		s.process = nil
	}
}
