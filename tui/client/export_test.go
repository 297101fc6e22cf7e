package client

func init() { workFactor = 10 }
