/// An operator, an account and a user of NATS, who sign for each other, and a user that is nothing but a key; of no use to
/// anybody but tests.
package enum TestCredentials {
    /// What the operator says of itself, and signs.
    package static let operatorToken = """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJpYXQiOjE3MDAwMDAwMDAsImlzcyI6Ik9CU1ZHQzJDSDJSS\
        FEzSFBYNjdNVjZRNUhPSURKRUdBNDdJNlBCUUVYQzQzN1JIV1RLWjZFSVZKIiwibmFtZSI6InRlc3RzIiwic3ViIjoiT0JTV\
        kdDMkNIMlJIUTNIUFg2N01WNlE1SE9JREpFR0E0N0k2UEJRRVhDNDM3UkhXVEtaNkVJVkoiLCJuYXRzIjp7InR5cGUiOiJvc\
        GVyYXRvciIsInZlcnNpb24iOjJ9LCJqdGkiOiJONzRJQlJWU1ZIM1BRQlI3V1dORFBaQzUzWTdLNlBMRlZYUVNZUVdISEVVN\
        UNQR0tWMkxRIn0.VacOaVaol5zNsnJBx3cHJ8yAvO45tVySUyk41W_rjRN4HYfS1UrZwaxNWXxpgw_XFHtmuNSJQrSpAi11g\
        4GCDw
        """

    /// The public key of the account.
    package static let account = "ACCYYPEIGMLDT7NEZWUEX5LNBBMMJXDCCMEBWGBLXLF6E3GL3G4DUIZE"

    /// What the operator says of the account, and signs.
    package static let accountToken = """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJpYXQiOjE3MDAwMDAwMDAsImlzcyI6Ik9CU1ZHQzJDSDJSS\
        FEzSFBYNjdNVjZRNUhPSURKRUdBNDdJNlBCUUVYQzQzN1JIV1RLWjZFSVZKIiwibmFtZSI6InRlc3RzIiwic3ViIjoiQUNDW\
        VlQRUlHTUxEVDdORVpXVUVYNUxOQkJNTUpYRENDTUVCV0dCTFhMRjZFM0dMM0c0RFVJWkUiLCJuYXRzIjp7InR5cGUiOiJhY\
        2NvdW50IiwidmVyc2lvbiI6MiwibGltaXRzIjp7InN1YnMiOi0xLCJkYXRhIjotMSwicGF5bG9hZCI6LTEsImltcG9ydHMiO\
        i0xLCJleHBvcnRzIjotMSwid2lsZGNhcmRzIjp0cnVlLCJjb25uIjotMSwibGVhZiI6LTF9LCJkZWZhdWx0X3Blcm1pc3Npb\
        25zIjp7InB1YiI6e30sInN1YiI6e319fSwianRpIjoiUUdRWlVQN0k0TUk2SFo1SUlGVlJLWFlIVENYNTRFQ0dINExXQUFOS\
        kQ1WFA1RURFNlpYQSJ9.H5amRIlyF38D6dUw8zGP5qi8D0MV1KRdFtJaXLFclNLUWmLeR14szLY5xfTJUMrwjpc1WPQDUsCQ\
        mQdtmkUmDA
        """

    /// What the account says of the user, and signs.
    package static let userToken = """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJpYXQiOjE3MDAwMDAwMDAsImlzcyI6IkFDQ1lZUEVJR01MR\
        FQ3TkVaV1VFWDVMTkJCTU1KWERDQ01FQldHQkxYTEY2RTNHTDNHNERVSVpFIiwibmFtZSI6InRlc3RzIiwic3ViIjoiVUFFQ\
        lFPWk5DQkhCVkdUWTdJWFlSRkFUU0RaNTNGNFk1SFRPNkFBN0pSREVFRExVS0lFQTJKWk0iLCJuYXRzIjp7InR5cGUiOiJ1c\
        2VyIiwidmVyc2lvbiI6MiwicHViIjp7fSwic3ViIjp7fSwic3VicyI6LTEsImRhdGEiOi0xLCJwYXlsb2FkIjotMX0sImp0a\
        SI6IlpST1VGRkdBVEVCVUxSWEhPTlZMWEhLREZPRERPREpOREdZUVFORFBQT080WUVZT1FaTFEifQ.beIAf2uwZhyhjrPEA8\
        eGxFztfCyXfne3vGiqrGjhg65imkpME40jj4NfjVpwnpGaOuj6u4OkNZlj67va5qO6Ag
        """

    /// The configuration of a server that knows the operator and the account.
    package static let serverConfiguration = """
        operator: "\(operatorToken)"
        resolver: MEMORY
        resolver_preload: { \(account): "\(accountToken)" }
        """

    /// A credentials file of the user, as `nsc` writes it.
    package static let file = """
        -----BEGIN NATS USER JWT-----
        \(userToken)
        ------END NATS USER JWT------

        -----BEGIN USER NKEY SEED-----
        SUACS6NYCAAVHCYMEUSRFAMNCBEMO3KWSPBKKFPQFWG3XCJ2U3ZVSPDCKQ
        ------END USER NKEY SEED------
        """

    /// The public key of the user that is nothing but a key, and its seed as `nk` writes it.
    package static let key = "UAXZOOAHA5KZRVT7PAA6JB5LRDL3L2KZBSB5ORRTJM6DGQIGERN4AVAU"
    package static let seed = "SUALF4IVTNSLXEA6V4KFOMCYLBQV7WFHMUD7IRD4GQW72TJNLD5IQRNA4Q"
}
