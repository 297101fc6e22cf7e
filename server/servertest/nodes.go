package servertest

// Node starts one more server on the database of p, which is then PostgreSQL,
// and with its public URL, as behind a load balancer. Send and the like call
// that server.
func (p *Provider) Node() *Provider {
	p.TB.Helper()
	listener := listen(p.TB, "127.0.0.1:0")
	node := &Provider{TB: p.TB, Clock: p.Clock, DataDir: p.DataDir, config: p.config, address: listener.Addr().String()}
	node.URL = "http://" + node.address
	node.open(listener)
	p.TB.Cleanup(node.Stop)
	return node
}

// SendPhonesTo has the phones of p call a node from now on.
func (p *Provider) SendPhonesTo(node *Provider) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phoneTo = node.address
	for _, phone := range p.phones {
		phone.CloseIdleConnections()
	}
}
