/// A certificate authority, and what it has signed for a server on this host and for a client; valid for a hundred years,
/// and of no use to anybody but tests.
package enum TestCertificates {
    /// Whoever trusts this trusts the other two.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBlzCCAT2gAwIBAgIUKoNYE9e4DhlkeKS+/oI4xu+3QoUwCgYIKoZIzj0EAwIw
        IDEeMBwGA1UEAwwVc3dpZnQtZXZlbnQtYnVzIHRlc3RzMCAXDTI2MTEyODEwNDEy
        NloYDzIxMjYxMTA0MTA0MTI2WjAgMR4wHAYDVQQDDBVzd2lmdC1ldmVudC1idXMg
        dGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQYEtuv/hqt34Y6jHqFWhrg
        qAMpWL1dyl9EUINPtoaVCRkCf81YJykf1+VS1FBSQrPelhyVLNScKwXYMGvZv7ng
        o1MwUTAdBgNVHQ4EFgQUPgJ7Axp5iACBEO/OTQgGNPFXKCkwHwYDVR0jBBgwFoAU
        PgJ7Axp5iACBEO/OTQgGNPFXKCkwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
        AgNIADBFAiAeylPqXWIJLvfks2Vip3sOe9/1Lk6jEiz87gGggb6WcwIhAMCNq//e
        0ccUFsBYXReawYZQwL4h0IjGiheHngc3+GIQ
        -----END CERTIFICATE-----
        """

    /// For 127.0.0.1 and localhost.
    package static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBszCCAVigAwIBAgIUOoLUmD8kgskvhFYcRJFURnQmuacwCgYIKoZIzj0EAwIw
        IDEeMBwGA1UEAwwVc3dpZnQtZXZlbnQtYnVzIHRlc3RzMCAXDTI2MTEyODEwNDEy
        NloYDzIxMjYxMTA0MTA0MTI2WjARMQ8wDQYDVQQDDAZzZXJ2ZXIwWTATBgcqhkjO
        PQIBBggqhkjOPQMBBwNCAAR37AC6xgjRRZzXWv2mZ0t+h9llthRJe2L7GWhJMSSj
        lea8nyfYxY/fwDGWu+GJbwUBMS6AeYV/DpQGQXron8jvo30wezAaBgNVHREEEzAR
        hwR/AAABgglsb2NhbGhvc3QwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMC
        MB0GA1UdDgQWBBSWpcQraiEQQeeU8qhAIdptOGzc0zAfBgNVHSMEGDAWgBQ+AnsD
        GnmIAIEQ785NCAY08VcoKTAKBggqhkjOPQQDAgNJADBGAiEAwNLvEefH9Qrzldss
        TW5GsH74KvKDD8e6FdQI1Tq9krACIQCHDqGtMjcH/Mdmtor/obylRB5SC+K6QobR
        li6us4lPTA==
        -----END CERTIFICATE-----
        """

    /// The key of the server.
    package static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2iP30tKY2yvJiV7U
        e0d5A0LcAb9N3rss/Tg53oQFTwKhRANCAAR37AC6xgjRRZzXWv2mZ0t+h9llthRJ
        e2L7GWhJMSSjlea8nyfYxY/fwDGWu+GJbwUBMS6AeYV/DpQGQXron8jv
        -----END PRIVATE KEY-----
        """

    /// For a client.
    package static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBsjCCAVigAwIBAgIUOoLUmD8kgskvhFYcRJFURnQmuagwCgYIKoZIzj0EAwIw
        IDEeMBwGA1UEAwwVc3dpZnQtZXZlbnQtYnVzIHRlc3RzMCAXDTI2MTEyODEwNDEy
        NloYDzIxMjYxMTA0MTA0MTI2WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjO
        PQIBBggqhkjOPQMBBwNCAAR4LJcdYsUsIA/6Zij6N1pCA+/qK9XDSII1k3uRCU8f
        1myVBQX5kC+ojizF7L01HFflc5xraUyAyAewnFhona1do30wezAaBgNVHREEEzAR
        hwR/AAABgglsb2NhbGhvc3QwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMC
        MB0GA1UdDgQWBBQt4PfeRdPAsS3kDs2G+5NIbJ8vgTAfBgNVHSMEGDAWgBQ+AnsD
        GnmIAIEQ785NCAY08VcoKTAKBggqhkjOPQQDAgNIADBFAiBCIwP0EyXwB80S0C3R
        Qu7cMWRKVVkwW9ffZvtWJE6xBQIhAJzVAUhT/yKsZECTYFMlF+MhGW5k/SLUqoJn
        IKXDvJm2
        -----END CERTIFICATE-----
        """

    /// The key of the client.
    package static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUju/0NAsOnYRiw3l
        RKDDDfPDWqcbKCTGrbcRyscWulmhRANCAAR4LJcdYsUsIA/6Zij6N1pCA+/qK9XD
        SII1k3uRCU8f1myVBQX5kC+ojizF7L01HFflc5xraUyAyAewnFhona1d
        -----END PRIVATE KEY-----
        """
}
