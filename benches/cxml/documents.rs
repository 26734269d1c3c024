//! The documents that are measured: laid out as suites send them, indented, with DOCTYPE, Extrinsics and
//! classifications. Written here, not by the product's own encoder.

use std::fmt::Write as _;

/// A document and what it is called in the table.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) xml: String,
}

/// Setup request, and orders of 5, 100 and 1,000 lines.
pub(crate) fn samples() -> Vec<Sample> {
    vec![
        Sample {
            name: "setup request",
            xml: document(SETUP),
        },
        Sample {
            name: "order, 5 lines",
            xml: document(&order(5)),
        },
        Sample {
            name: "order, 100 lines",
            xml: document(&order(100)),
        },
        Sample {
            name: "order, 1,000 lines",
            xml: document(&order(1000)),
        },
    ]
}

fn document(request: &str) -> String {
    format!("{HEAD}{request}  </Request>\n</cXML>\n")
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd">
<cXML payloadID="1772445598.7731.42@suite.buyer.example" timestamp="2026-03-02T11:59:58+00:00" xml:lang="en-US">
  <Header>
    <From>
      <Credential domain="NetworkID">
        <Identity>AN01000000001</Identity>
      </Credential>
      <Credential domain="DUNS">
        <Identity>06-555-1234</Identity>
      </Credential>
    </From>
    <To>
      <Credential domain="NetworkID">
        <Identity>AN01000000099</Identity>
      </Credential>
    </To>
    <Sender>
      <Credential domain="NetworkID">
        <Identity>AN01000000001</Identity>
        <SharedSecret>correct-horse-battery-staple</SharedSecret>
      </Credential>
      <UserAgent>Buyer Suite 14.2</UserAgent>
    </Sender>
  </Header>
  <Request deploymentMode="production">
"#;

const SETUP: &str = r#"    <PunchOutSetupRequest operation="create">
      <BuyerCookie>3f2b9d0e-41c5-4a57-9d21-0c7a2c1f6a10</BuyerCookie>
      <Extrinsic name="UniqueName">bbuyer</Extrinsic>
      <Extrinsic name="UserEmail">bea@buyer.example</Extrinsic>
      <Extrinsic name="CostCenter">4711 &amp; 4712</Extrinsic>
      <BrowserFormPost>
        <URL>https://suite.buyer.example/punchout/return?session=3f2b9d0e&amp;realm=acme</URL>
      </BrowserFormPost>
      <Contact role="endUser">
        <Name xml:lang="en">Bea Buyer</Name>
        <Email>bea@buyer.example</Email>
      </Contact>
      <SupplierSetup>
        <URL>https://gateway.supplier.example/cxml</URL>
      </SupplierSetup>
      <ShipTo>
        <Address addressID="PLANT-7" isoCountryCode="US">
          <Name xml:lang="en">Plant 7</Name>
          <PostalAddress name="default">
            <DeliverTo>Bea Buyer</DeliverTo>
            <Street>12 Foundry Road</Street>
            <City>Pittsburgh</City>
            <State>PA</State>
            <PostalCode>15222</PostalCode>
            <Country isoCountryCode="US">United States</Country>
          </PostalAddress>
        </Address>
      </ShipTo>
    </PunchOutSetupRequest>
"#;

const ORDER_HEADER: &str = r#"        <Total>
          <Money currency="USD">48219.75</Money>
        </Total>
        <ShipTo>
          <Address addressID="PLANT-7" isoCountryCode="US">
            <Name xml:lang="en">Plant 7</Name>
            <PostalAddress name="default">
              <DeliverTo>Receiving, dock 4</DeliverTo>
              <Street>12 Foundry Road</Street>
              <City>Pittsburgh</City>
              <State>PA</State>
              <PostalCode>15222</PostalCode>
              <Country isoCountryCode="US">United States</Country>
            </PostalAddress>
            <Email name="default">dock4@buyer.example</Email>
            <Phone name="work">
              <TelephoneNumber>
                <CountryCode isoCountryCode="US">1</CountryCode>
                <AreaOrCityCode>412</AreaOrCityCode>
                <Number>5550100</Number>
              </TelephoneNumber>
            </Phone>
          </Address>
        </ShipTo>
        <BillTo>
          <Address addressID="HQ" isoCountryCode="US">
            <Name xml:lang="en">ACME Corporation</Name>
            <PostalAddress name="default">
              <Street>1 Grant Street</Street>
              <City>Pittsburgh</City>
              <State>PA</State>
              <PostalCode>15219</PostalCode>
              <Country isoCountryCode="US">United States</Country>
            </PostalAddress>
          </Address>
        </BillTo>
        <Shipping>
          <Money currency="USD">18.50</Money>
          <Description xml:lang="en">Ground</Description>
        </Shipping>
        <Tax>
          <Money currency="USD">0.00</Money>
          <Description xml:lang="en">exempt</Description>
        </Tax>
        <PaymentTerm payInNumberOfDays="30"/>
        <Contact role="buyer">
          <Name xml:lang="en">Bea Buyer</Name>
          <Email name="default">bea@buyer.example</Email>
        </Contact>
        <Comments xml:lang="en">Deliver between 7 and 15 h, dock 4.</Comments>
        <Extrinsic name="requester">Sam Shopper</Extrinsic>
"#;

fn order(lines: u32) -> String {
    let mut xml = String::from(
        "    <OrderRequest>\n      <OrderRequestHeader orderID=\"4500017342\" orderDate=\"2026-03-02T11:58:00+00:00\" \
         type=\"new\" requisitionID=\"PR-88123\">\n",
    );
    xml.push_str(ORDER_HEADER);
    xml.push_str("      </OrderRequestHeader>\n");
    for number in 1..=lines {
        line(&mut xml, number);
    }
    xml.push_str("    </OrderRequest>\n");
    xml
}

fn line(xml: &mut String, number: u32) {
    let cents = number % 100;
    // Writing to a String cannot fail.
    let _ = write!(
        xml,
        r#"      <ItemOut quantity="{quantity}" lineNumber="{number}" requestedDeliveryDate="2026-03-09">
        <ItemID>
          <SupplierPartID>TL-{number:05}</SupplierPartID>
          <SupplierPartAuxiliaryID>8d1f{number:08}</SupplierPartAuxiliaryID>
        </ItemID>
        <ItemDetail>
          <UnitPrice>
            <Money currency="USD">48.{cents:02}</Money>
          </UnitPrice>
          <Description xml:lang="en">Hex bolt M12 × 80, zinc plated, box of 50 &#8211; {number}</Description>
          <UnitOfMeasure>BX</UnitOfMeasure>
          <Classification domain="UNSPSC">31161504</Classification>
          <ManufacturerPartID>HB-{number}</ManufacturerPartID>
          <ManufacturerName>Ironquay Fasteners</ManufacturerName>
          <Extrinsic name="GLAccount">600100-{number}</Extrinsic>
        </ItemDetail>
        <Distribution>
          <Accounting name="DistributionCharge">
            <AccountingSegment id="4711">
              <Name xml:lang="en">Cost center</Name>
              <Description xml:lang="en">Maintenance</Description>
            </AccountingSegment>
          </Accounting>
          <Charge>
            <Money currency="USD">48.{cents:02}</Money>
          </Charge>
        </Distribution>
      </ItemOut>
"#,
        quantity = number % 9 + 1,
    );
}
