// A Patient of about 2 KB, the size the baselines use.
const filler =
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore. ';

export function patient(number, group = 0) {
  return {
    resourceType: 'Patient',
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${filler.repeat(8)}</div>` },
    identifier: [
      { use: 'official', system: 'urn:bench:number', value: String(number) },
      { system: 'urn:bench:group', value: String(group) },
    ],
    active: true,
    name: [{ use: 'official', family: `Family${number % 997}`, given: ['Given', 'Middle'] }],
    telecom: [{ system: 'phone', value: `07700 ${100000 + (number % 900000)}`, use: 'home' }],
    gender: number % 2 ? 'female' : 'male',
    birthDate: `${1930 + (number % 80)}-0${1 + (number % 9)}-1${number % 10}`,
    address: [
      { use: 'home', line: [`${number % 200} High Street`], city: 'Poole', postalCode: 'BH15 1AA', country: 'GBR' },
    ],
    generalPractitioner: [{ reference: 'Practitioner/gp', display: 'A general practitioner' }],
  };
}
